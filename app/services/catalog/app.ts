import type { Logger } from '../../kit/log.ts';
import { createServer, type App } from '../../kit/server.ts';
import { addRoutes } from './routes.ts';
import type { Products } from './store.ts';

export function createApp(parts: { products: Products; logger?: Logger }): App {
  const app = createServer({ name: 'catalog', logger: parts.logger });
  addRoutes(app, parts.products);
  return app;
}
