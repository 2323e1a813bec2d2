import type { App } from '../../kit/app.ts';
import type { Logger } from '../../kit/log.ts';
import type { LimitRedis } from '../../kit/redis-limiter.ts';
import { createServer } from '../../kit/server.ts';
import { sessions, type SessionParts } from '../../kit/sessions.ts';
import { addRoutes, type RouteParts } from './routes.ts';

export function createApp(parts: RouteParts & SessionParts & { log?: Logger; limits?: LimitRedis }): App {
  const app = createServer({ name: 'images', log: parts.log, limits: parts.limits });
  void app.register(sessions(parts));
  addRoutes(app, parts);
  return app;
}
