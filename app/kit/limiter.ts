import type { FastifyBaseLogger } from 'fastify';
import { inTime } from './in-time.ts';
import type { Claim, Decision } from './limit.ts';
import { createMemoryLimiter } from './memory-limiter.ts';
import { takeInRedis, type LimitRedis } from './redis-limiter.ts';

/** How long a request waits for Redis, in ms. */
const timeoutMs = 200;
/** How often Redis is tried again after it has failed, in ms. */
const probeMs = 200;

/** How many requests one call of the script decides at most: it takes 8 us for each, and Redis does nothing else meanwhile. */
const batchSize = 100;

export type Limiter = (claims: readonly Claim[]) => Promise<Decision>;

interface Waiting {
  readonly claims: readonly Claim[];
  readonly resolve: (decision: Decision) => void;
}

/**
 * Creates a limiter that counts in Redis, in one round trip for all requests that arrive in one turn of the event loop. While Redis does not respond, it counts in this process instead: requests that are
 * under way when Redis fails wait up to 200 ms, later ones do not wait, until a PING has been responded to.
 */
export function createLimiter(redis: LimitRedis, log: FastifyBaseLogger | undefined): Limiter {
  const standIn = createMemoryLimiter();
  const waiting: Waiting[] = [];
  let isDown = false;
  let probeAt = 0;

  function fail(err: unknown): void {
    if (isDown) return;
    isDown = true;
    probeAt = performance.now() + probeMs;
    log?.warn({ err }, 'requests are limited by each task alone: Redis is not available');
  }

  async function probe(): Promise<void> {
    probeAt = performance.now() + probeMs;
    try {
      await redis.ping();
      if (isDown) log?.info('requests are limited in Redis again');
      isDown = false;
    } catch {
      // Tried again by a later request.
    }
  }

  async function decide(): Promise<void> {
    const batch = waiting.splice(0, batchSize);
    if (waiting.length > 0) setImmediate(() => void decide());
    try {
      const claims = batch.map((each) => each.claims);
      const decisions = await inTime(takeInRedis(redis, claims), timeoutMs);
      batch.forEach(({ resolve }, i) => resolve(decisions[i]!));
    } catch (err) {
      fail(err);
      for (const { claims, resolve } of batch) resolve(standIn(claims));
    }
  }

  return async (claims) => {
    if (isDown && performance.now() >= probeAt) void probe();
    if (isDown) return standIn(claims);
    return new Promise((resolve) => {
      waiting.push({ claims, resolve });
      if (waiting.length === 1) setImmediate(() => void decide());
    });
  };
}
