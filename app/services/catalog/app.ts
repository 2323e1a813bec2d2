import type { App } from '../../kit/app.ts';
import { refreshed } from '../../kit/cache/refreshed.ts';
import type { SharedCache } from '../../kit/cache/shared.ts';
import type { Logger } from '../../kit/log.ts';
import type { LimitRedis } from '../../kit/redis-limiter.ts';
import { createServer } from '../../kit/server.ts';
import type { Metrics } from '../../kit/telemetry/metrics.ts';
import { createCatalogCache } from './cache.ts';
import type { FlagStore } from './flag.ts';
import { addFlagRoutes } from './flag-routes.ts';
import type { ProductStore } from './product.ts';
import { addRoutes } from './routes.ts';

export interface CatalogParts {
  readonly store: ProductStore & FlagStore;
  /** @default - none: the task caches for itself */
  readonly shared?: SharedCache;
  readonly limits?: LimitRedis;
  readonly log?: Logger;
  readonly metrics?: Metrics;
}

/** How often each task reads the feature flags, in ms. */
const flagInterval = 300_000;

export function createApp({ store, shared, limits, log, metrics }: CatalogParts): App {
  const app = createServer({ name: 'catalog', log, limits });
  addRoutes(app, { store, cache: createCatalogCache(shared, log, metrics) });
  addFlagRoutes(
    app,
    refreshed(() => store.flags(), flagInterval, log),
  );
  return app;
}
