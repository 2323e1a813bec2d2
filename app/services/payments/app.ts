import type { Logger } from '../../kit/log.ts';
import { createServer, type App } from '../../kit/server.ts';
import { sessions, type SessionRedis } from '../../kit/sessions.ts';
import type { PayParts } from './pay.ts';
import { paymentRoutes } from './routes.ts';

export interface PaymentsParts extends PayParts {
  readonly logger?: Logger;
  readonly redis: SessionRedis;
  readonly sessionSecret: string;
  /** Called when an event may have been committed. */
  readonly announced: () => void;
}

export async function createApp(parts: PaymentsParts): Promise<App> {
  const app = createServer({ name: 'payments', logger: parts.logger });
  await app.register(sessions({ redis: parts.redis, secret: parts.sessionSecret }));
  paymentRoutes(app, parts, parts.announced);
  return app;
}
