import type { App } from '../../kit/app.ts';
import type { Logger } from '../../kit/log.ts';
import { createServer } from '../../kit/server.ts';
import { addRoutes, type RouteParts } from './routes.ts';

export function createApp(parts: RouteParts & { log?: Logger }): App {
  const app = createServer({ name: 'sandbox', log: parts.log });
  addRoutes(app, parts);
  return app;
}
