import { createHash } from 'node:crypto';
import { keyOf } from './api-keys.ts';
import type { App } from './app.ts';
import { limitHeaders, perAddress, perKey, type Claim, type Limit } from './limit.ts';
import { createLimiter } from './limiter.ts';
import { Problem } from './problem.ts';
import type { LimitRedis } from './redis-limiter.ts';
import { clientOf, viewerOf } from './viewer.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A limit of this route for each address, besides the one over all routes; `none` exempts the route from both. */
    limit?: Limit | 'none';
  }
}

/**
 * Limits the requests of each viewer and of each API key, over all services and their tasks: those that are refused get a 429. A
 * call of another service has no viewer and is not limited.
 */
export function limitRequests(app: App, redis: LimitRedis): void {
  const limiter = createLimiter(redis, app.log);
  app.addHook('onRequest', async (request, reply) => {
    const viewer = viewerOf(request.raw);
    const limit = request.routeOptions.config?.limit;
    if (viewer === undefined || limit === 'none') return;
    const client = clientOf(viewer);
    const claims: Claim[] = [{ limit: perAddress, client }];
    if (limit !== undefined) claims.push({ limit, client });
    const key = keyOf(request);
    if (key !== undefined) claims.push({ limit: perKey, client: createHash('sha256').update(key).digest('base64url') });
    const decision = await limiter(claims);
    void reply.headers(limitHeaders(claims, decision));
    const refused = claims[decision.refused];
    if (refused === undefined) return;
    const seconds = Math.ceil((decision.freeInMs[decision.refused] ?? 0) / 1000);
    throw new Problem(429, undefined, {
      detail: refused.limit.refusal,
      headers: { 'retry-after': String(Math.max(1, seconds)) },
    });
  });
  // What remains to one client must not be stored and sent to others.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (/\bpublic\b/.test(String(reply.getHeader('cache-control')))) reply.removeHeader('ratelimit');
    done();
  });
}
