import type { Logger } from '../../kit/log.ts';
import { createServer, type App } from '../../kit/server.ts';
import { sessions, type SessionRedis } from '../../kit/sessions.ts';
import type { FindPrices } from './pricing.ts';
import { orderRoutes } from './routes.ts';
import type { OrderStore } from './store.ts';

export interface OrdersParts {
  readonly logger?: Logger;
  readonly redis: SessionRedis;
  readonly sessionSecret: string;
  readonly store: OrderStore;
  readonly findPrices: FindPrices;
}

export async function createApp(parts: OrdersParts): Promise<App> {
  const app = createServer({ name: 'orders', logger: parts.logger });
  await app.register(sessions({ redis: parts.redis, secret: parts.sessionSecret }));
  orderRoutes(app, parts.store, parts.findPrices);
  return app;
}
