import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { keyOf, type Claim, type Decision } from '../../../app/kit/limit.ts';
import { createLimiter } from '../../../app/kit/limiter.ts';
import { connectRedis } from '../../../app/kit/redis.ts';
import { script, takeInRedis } from '../../../app/kit/redis-limiter.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy.ts';
import { silentTask } from '../../support/task.ts';
import { createModel, limit, steps } from './limiter-model.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function connected(endpoint = process.env['TEST_REDIS'] ?? ''): Promise<Redis> {
  const task = silentTask({
    REDIS_ENDPOINT: endpoint,
    REDIS_USER: 'default',
    REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
  });
  const redis = connectRedis(task);
  closing.push(() => task.stop());
  await eventually(() => redis.ping());
  return redis;
}

const connections = () => Promise.all(Array.from({ length: 4 }, () => connected()));
const take = async (redis: Redis, claims: readonly Claim[]) => (await takeInRedis(redis, [claims]))[0]!;
const allowedOf = (decisions: readonly Decision[]): number => decisions.filter(({ refused }) => refused === -1).length;

test('the script decides as a list of all requests does, whenever they arrive', async () => {
  const redis = await connected();
  const simulated = script.replace("redis.call('TIME')", '{ARGV[#ARGV], 0}');
  expect(simulated).not.toBe(script);
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const run = randomUUID();
      const model = createModel();
      let timeMs = 1_700_000_000_000;
      for (const { afterMs, claims } of history) {
        timeMs += afterMs;
        const ofRun = claims.map(({ limit: each, client }) => ({ limit: each, client: `${run}-${client}` }));
        const [decision] = await takeInRedis(
          {
            ping: () => redis.ping(),
            evalsha: (_sha, keys, ...args) => redis.eval(simulated, keys, ...args, timeMs / 1000),
            eval: () => Promise.reject(new Error('not used')),
          },
          [ofRun],
        );
        const expected = model(ofRun, timeMs);
        expect({ ...decision, freeInMs: decision!.freeInMs.map(Math.round) }).toEqual(expected);
      }
    }),
    { numRuns: 30 },
  );
});

test('over four connections, exactly as many requests are allowed as the limit says', async () => {
  const all = await connections();
  const claim: Claim = { limit: limit('all', 1000), client: randomUUID() };
  const decisions = await Promise.all(Array.from({ length: 4000 }, (_, i) => take(all[i % 4]!, [claim])));
  expect(allowedOf(decisions)).toBe(1000);
  const states = decisions.filter(({ refused }) => refused === -1).map(({ used }) => used[0]);
  expect(states.toSorted((a, b) => a! - b!)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
});

test('requests that are decided together are counted one after the other', async () => {
  const redis = await connected();
  const client = randomUUID();
  const [few, many] = [limit('few', 2), limit('many', 3)].map((each): Claim => ({ limit: each, client })) as [
    Claim,
    Claim,
  ];
  const decisions = await takeInRedis(redis, [[many, few], [many], [many, few], [many]]);
  expect(decisions.map(({ refused, used }) => ({ refused, used }))).toEqual([
    { refused: -1, used: [1, 1] },
    { refused: -1, used: [2] },
    { refused: -1, used: [3, 2] },
    { refused: 0, used: [3] },
  ]);
});

test('no window holds more than the limit over four connections, also where one window ends and the next begins', async () => {
  const all = await connections();
  const short = { ...limit('short', 100), windowSeconds: 1 };
  const claim: Claim = { limit: short, client: randomUUID() };
  const operator = await connected();
  const end = performance.now() + 3_500;
  const allowed: number[] = [];
  await Promise.all(
    all.map(async (redis) => {
      while (performance.now() < end) {
        const { refused } = await take(redis, [claim]);
        if (refused !== -1) continue;
        // The newest entries are those of this request and of its contemporaries.
        allowed.push(...(await operator.lrange(keyOf(claim), 0, -1)).map(Number));
      }
    }),
  );
  const times = [...new Set(allowed)].toSorted((a, b) => a - b);
  expect(times.length).toBeGreaterThan(200);
  // Any 101 successive requests are more than a window apart.
  for (let i = 100; i < times.length; i += 1) expect(times[i]! - times[i - 100]!).toBeGreaterThanOrEqual(1_000_000);
});

test('a key takes at most 12 bytes per request and expires with its window', async () => {
  const redis = await connected();
  const claim: Claim = { limit: limit('all', 1000), client: randomUUID() };
  await Promise.all(Array.from({ length: 1500 }, () => take(redis, [claim])));
  expect(await redis.llen(keyOf(claim))).toBe(1000);
  expect(Number(await redis.memory('USAGE', keyOf(claim), 'SAMPLES', 0))).toBeLessThan(12_000);
  expect(await redis.pttl(keyOf(claim))).toBeLessThanOrEqual(60_001);
});

test('a request that one limit refuses counts towards none', async () => {
  const redis = await connected();
  const client = randomUUID();
  const [one, other] = [
    { limit: limit('one', 10), client },
    { limit: limit('other', 1), client },
  ];
  await take(redis, [one, other]);
  expect(await take(redis, [one, other])).toMatchObject({ refused: 1, used: [1, 1] });
});

test('while Redis is gone or silent a task limits requests alone, and after that in Redis', async () => {
  const proxy = await startProxy(process.env['TEST_REDIS'] ?? '');
  closing.push(() => proxy.stop());
  const redis = await connected(`localhost:${proxy.port}`);
  const limiter = createLimiter(redis, undefined);
  const claim: Claim = { limit: limit('all', 10), client: randomUUID() };
  const inRedis = async () => {
    const before = await redis.llen(keyOf(claim));
    await limiter([claim]);
    expect(await redis.llen(keyOf(claim))).toBe(before + 1);
  };
  await inRedis();
  proxy.silence();
  const decisions: Decision[] = [];
  for (let i = 0; i < 15; i += 1) decisions.push(await limiter([claim]));
  expect(allowedOf(decisions)).toBe(10);
  await eventually(inRedis);

  redis.disconnect();
  await eventually(async () => expect(redis.status).toBe('end'));
  const other: Claim = { ...claim, client: randomUUID() };
  const withoutRedis = [];
  for (let i = 0; i < 15; i += 1) withoutRedis.push(await limiter([other]));
  expect(allowedOf(withoutRedis)).toBe(10);
  await redis.connect();
  await eventually(async () => {
    await limiter([{ ...claim, client: 'any' }]);
    await inRedis();
  });
});
