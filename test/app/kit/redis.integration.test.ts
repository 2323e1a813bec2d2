import { afterEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { connectRedis } from '../../../app/kit/redis.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy, type Proxy } from '../../support/proxy.ts';
import { silentTask } from '../../support/task.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function connected(): Promise<{ redis: Redis; proxy: Proxy }> {
  const proxy = await startProxy(process.env['TEST_REDIS'] ?? '');
  const task = silentTask({
    REDIS_ENDPOINT: `localhost:${proxy.port}`,
    REDIS_USER: 'default',
    REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
  });
  const redis = connectRedis(task);
  closing.push(
    () => task.stop(),
    () => proxy.stop(),
  );
  await eventually(() => redis.ping());
  return { redis, proxy };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// Nominally within 3 s; the rest is for a loaded machine. TCP itself takes 15 minutes.
test('a Redis that goes silent without closing is reached again within seconds', async () => {
  const { redis, proxy } = await connected();
  proxy.silence();
  expect(await eventually(() => redis.ping(), 10_000)).toBe('PONG');
}, 20_000);

test('a silent connection is replaced also while no request needs it', async () => {
  const { redis, proxy } = await connected();
  proxy.silence();
  await eventually(async () => expect(proxy.accepted()).toBe(2), 10_000);
  expect(await eventually(() => redis.ping())).toBe('PONG');
}, 20_000);

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
