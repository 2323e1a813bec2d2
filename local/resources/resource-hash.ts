import { createHash } from 'node:crypto';

import type { Resource } from '../kernel/resource.ts';

/** 16 hex digits that end an ARN or make an id; the same at each start. */
export const resourceHash = ({ key }: Pick<Resource, 'key'>): string =>
  createHash('sha256').update(key).digest('hex').slice(0, 16);
