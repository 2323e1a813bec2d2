import type { App } from '../../kit/app.ts';
import type { Logger } from '../../kit/log.ts';
import type { LimitRedis } from '../../kit/redis-limiter.ts';
import { createServer } from '../../kit/server.ts';
import { addRoutes, type RouteParts } from './routes.ts';

export function createApp(parts: RouteParts & { log?: Logger; limits?: LimitRedis }): App {
  const app = createServer({ name: 'catalog', log: parts.log, limits: parts.limits });
  addRoutes(app, parts);
  return app;
}
