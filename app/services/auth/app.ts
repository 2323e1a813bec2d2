import type { App } from '../../kit/app.ts';
import type { Logger } from '../../kit/log.ts';
import type { LimitRedis } from '../../kit/redis-limiter.ts';
import { createServer } from '../../kit/server.ts';
import { sessions, type SessionParts } from '../../kit/sessions.ts';
import type { RouteParts } from './parts.ts';
import { addRoutes } from './routes.ts';

export function createApp(
  parts: RouteParts & Omit<SessionParts, 'findKeyOwner'> & { log?: Logger; limits?: LimitRedis },
): App {
  const app = createServer({ name: 'auth', log: parts.log, limits: parts.limits });
  void app.register(sessions({ ...parts, findKeyOwner: parts.keys.ownerOf }));
  addRoutes(app, parts);
  return app;
}
