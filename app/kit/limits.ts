import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { keyOf } from './api-keys.ts';
import type { App } from './app.ts';
import { limitHeaders, perAddress, perKey, type Claim, type Decision, type Limit } from './limit.ts';
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

const refusals = new WeakMap<FastifyRequest, Limit>();

/** Returns the limit that refused a request; undefined if none did. */
export const refusedBy = (request: FastifyRequest): Limit | undefined => refusals.get(request);

/**
 * Limits the requests of each viewer and of each API key, over all services and their tasks: those that are refused get a 429. A
 * call of another service has no viewer and is not limited.
 */
export function limitRequests(app: App, redis: LimitRedis): void {
  const limiter = createLimiter(redis, app.log);
  const taken = new WeakMap<FastifyRequest, { claims: Claim[]; decision: Promise<Decision> }>();
  // Decided before anything is done for the request. What its hooks send to Redis meanwhile shares the round trip.
  app.addHook('onRequest', (request, _reply, done) => {
    const claims = claimsOf(request);
    if (claims.length > 0) taken.set(request, { claims, decision: limiter(claims) });
    done();
  });
  app.addHook('preParsing', async (request, reply) => {
    const { claims, decision: deciding } = taken.get(request) ?? {};
    if (claims === undefined || deciding === undefined) return;
    const decision = await deciding;
    void reply.headers(limitHeaders(claims, decision));
    const refused = claims[decision.refused];
    if (refused === undefined) return;
    refusals.set(request, refused.limit);
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

function claimsOf(request: FastifyRequest): Claim[] {
  const viewer = viewerOf(request.raw);
  const limit = request.routeOptions.config?.limit;
  if (viewer === undefined || limit === 'none') return [];
  const client = clientOf(viewer);
  const claims: Claim[] = [{ limit: perAddress, client }];
  if (limit !== undefined) claims.push({ limit, client });
  const key = keyOf(request);
  if (key !== undefined) claims.push({ limit: perKey, client: createHash('sha256').update(key).digest('base64url') });
  return claims;
}
