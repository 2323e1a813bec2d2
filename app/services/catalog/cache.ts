import { createCache, type Cache } from '../../kit/cache/cache.ts';
import type { SharedCache } from '../../kit/cache/shared.ts';
import type { Logger } from '../../kit/log.ts';
import type { Metrics } from '../../kit/telemetry/metrics.ts';

const second = 1_000;

/** Products are fresh for an hour. What is older is returned for one hour more, while it is loaded again or cannot be. */
export const createCatalogCache = (shared?: SharedCache, log?: Logger, metrics?: Metrics): Cache =>
  createCache({
    ttl: 3_600 * second,
    stale: 3_600 * second,
    negativeTtl: 30 * second,
    ...(shared && { shared }),
    ...(log && { log }),
    ...(metrics && { metrics }),
  });
