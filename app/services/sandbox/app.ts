import type { App } from '../../kit/app.ts';
import type { Logger } from '../../kit/log.ts';
import type { LimitRedis } from '../../kit/redis-limiter.ts';
import { createServer } from '../../kit/server.ts';
import { createKeyCheck } from './provider-key.ts';
import { addRoutes, type RouteParts } from './routes.ts';

interface Parts extends RouteParts {
  /** The key that callers must send. */
  readonly providerKey: string;
  readonly log?: Logger;
  readonly limits?: LimitRedis;
}

export function createApp(parts: Parts): App {
  const app = createServer({ name: 'sandbox', log: parts.log, limits: parts.limits });
  const checkKey = createKeyCheck(parts.providerKey);
  void app.register(async (charges) => {
    // Before the body is read: a request without the key learns nothing about what it must contain.
    charges.addHook('preParsing', async (request) => checkKey(request));
    addRoutes(charges, parts);
  });
  return app;
}
