import { dirname } from 'node:path';

import type { Runtime } from '../driver.ts';

/** What the platform gives every task and function beside what its template states: an endpoint, credentials, a CA. */
export function platformEnvironment({ endpointUrl, credentials, tls }: Runtime): Readonly<Record<string, string>> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    NODE_EXTRA_CA_CERTS: tls.caFile,
  };
}
