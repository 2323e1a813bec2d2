import { afterEach, expect, jest, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { connectRedis } from '../../../app/kit/redis.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy, type Proxy } from '../../support/proxy.ts';
import { silentTask } from '../../support/task.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function connecting(): Promise<{ redis: Redis; proxy: Proxy }> {
  const proxy = await startProxy(process.env['TEST_REDIS'] ?? '');
  const task = silentTask({
    REDIS_ENDPOINT: `localhost:${proxy.port}`,
    REDIS_USER: 'default',
    REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
  });
  const redis = connectRedis(task);
  task.listening();
  closing.push(
    () => task.stop(),
    () => proxy.stop(),
  );
  return { redis, proxy };
}

async function connected(): Promise<{ redis: Redis; proxy: Proxy }> {
  const { redis, proxy } = await connecting();
  await eventually(() => redis.ping());
  return { redis, proxy };
}

const { setTimeout: startTimer } = globalThis;
/** In real time, also where a test simulates the clock. */
const pause = (ms: number) => new Promise((resolve) => startTimer(resolve, ms));

// The clock is simulated, so that a loaded machine does not count: what the client waits for is its own timers. Connecting
// takes real time, in milliseconds.
test('at worst, silence is noticed and another connection is begun within 2.5 s', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'hrtime'] });
  closing.push(() => jest.useRealTimers());
  const { redis, proxy } = await connecting();
  while (redis.status !== 'ready') await pause(10);
  // At worst it begins right after a heartbeat.
  const heartbeat = jest.spyOn(redis, 'ping');
  while (heartbeat.mock.calls.length === 0) jest.advanceTimersByTime(100);
  await heartbeat.mock.results[0]?.value;
  proxy.silence();
  let waited = 0;
  let begun = false;
  redis.once('connecting', () => {
    begun = true;
  });
  for (; !begun && waited < 10_000; waited += 100) {
    jest.advanceTimersByTime(100);
    await pause(20);
  }
  expect(waited).toBeLessThanOrEqual(2_500);
  // The clock stands still: the connection is ready, and responds, without any other timer.
  while (redis.status !== 'ready') await pause(10);
  expect(await redis.ping()).toBe('PONG');
});

test('a Redis that goes silent without closing is reached again within seconds', async () => {
  const { redis, proxy } = await connected();
  proxy.silence();
  expect(await eventually(() => redis.ping(), 10_000)).toBe('PONG');
});

test('a silent connection is replaced also while no request needs it', async () => {
  const { redis, proxy } = await connected();
  proxy.silence();
  await eventually(async () => expect(proxy.accepted()).toBe(2), 10_000);
  expect(await eventually(() => redis.ping())).toBe('PONG');
});

test('a connection that responds is kept, busy or idle', async () => {
  const { redis, proxy } = await connected();
  for (let i = 0; i < 20; i += 1) {
    await redis.get('nothing');
    await pause(50);
  }
  await pause(2_500);
  expect(await redis.ping()).toBe('PONG');
  expect(proxy.accepted()).toBe(1);
});
