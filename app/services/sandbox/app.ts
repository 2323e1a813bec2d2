import type { Logger } from '../../kit/log.ts';
import { createServer, type App } from '../../kit/server.ts';
import { sandboxRoutes } from './routes.ts';
import type { ChargeStore } from './store.ts';

export function createApp(parts: { logger?: Logger; store: ChargeStore; hangMs?: number }): App {
  const app = createServer({ name: 'sandbox', logger: parts.logger });
  sandboxRoutes(app, parts.store, parts.hangMs);
  return app;
}
