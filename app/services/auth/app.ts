import type { Logger } from '../../kit/log.ts';
import { createServer, type App } from '../../kit/server.ts';
import { sessions, type SessionRedis } from '../../kit/sessions.ts';
import { addRoutes } from './routes.ts';
import type { Users } from './store.ts';

export function createApp(parts: { users: Users; redis: SessionRedis; secret: string; logger?: Logger }): App {
  const app = createServer({ name: 'auth', logger: parts.logger });
  void app.register(sessions(parts));
  addRoutes(app, parts.users);
  return app;
}
