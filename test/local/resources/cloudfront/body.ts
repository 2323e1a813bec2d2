import { text } from 'node:stream/consumers';

import { isStream, type HopResponse } from '../../../../local/http/hop.ts';

export const bodyOf = async ({ body }: HopResponse): Promise<string> =>
  isStream(body) ? text(body) : Buffer.from(body as Uint8Array).toString();
