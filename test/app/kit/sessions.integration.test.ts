import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { App } from '../../../app/kit/app.ts';
import type { RedisConfig } from '../../../app/kit/config.ts';
import { connectRedis } from '../../../app/kit/redis.ts';
import { createServer as createApp } from '../../../app/kit/server.ts';
import { requireUser, sessions, signIn, signOut } from '../../../app/kit/sessions.ts';
import { freePort } from '../../../local/host/free-port.ts';
import { silentTask } from '../../support/task.ts';

const sessionSecret = 's'.repeat(32);
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function start(more: Partial<RedisConfig> = {}) {
  const task = silentTask({
    REDIS_ENDPOINT: process.env['TEST_REDIS'] ?? '',
    REDIS_USER: 'default',
    REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
    ...more,
  });
  const redis = connectRedis(task);
  const app: App = createApp({ name: 'test' });
  void app.register(sessions({ redis, sessionSecret }));
  app.post('/in', (request) => signIn(request, { id: '1', email: 'ada@example.com' }));
  app.post('/out', (request, reply) => signOut(request, reply));
  app.get('/me', (request) => requireUser(request));
  closing.push(() => task.stop());
  return { app, redis };
}

async function started() {
  const { app, redis } = start();
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
  const { cookies } = await app.inject({ method: 'POST', url: '/in' });
  return { app, redis, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
}

const keyOf = (cookie: string) => `session:${decodeURIComponent(cookie).slice('session='.length).split('.')[0]}`;

test('a session is in Redis, where every task finds it, and expires', async () => {
  const { redis, cookie } = await started();
  expect(await redis.ttl(keyOf(cookie))).toBeGreaterThan(6 * 24 * 3600);
  const { app: other } = await started();
  expect((await other.inject({ url: '/me', headers: { cookie } })).json()).toEqual({
    id: '1',
    email: 'ada@example.com',
  });
});

test('signing out deletes the session', async () => {
  const { app, redis, cookie } = await started();
  await app.inject({ method: 'POST', url: '/out', headers: { cookie } });
  expect(await redis.exists(keyOf(cookie))).toBe(0);
  expect((await app.inject({ url: '/me', headers: { cookie } })).statusCode).toBe(401);
});

test('a request without a cookie writes no session', async () => {
  const { app, redis } = await started();
  const before = await redis.dbsize();
  expect((await app.inject('/me')).cookies).toEqual([]);
  expect(await redis.dbsize()).toBe(before);
});

test('while Redis is down, requests with sessions are a 503 and the task is healthy', async () => {
  const { cookie } = await started();
  const { app } = start({ REDIS_ENDPOINT: `localhost:${await freePort()}` });
  for (const request of [
    { method: 'POST', url: '/in' },
    { method: 'GET', url: '/me', headers: { cookie } },
  ] as const) {
    const response = await app.inject(request);
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ detail: 'The session store is not available, try again later' });
  }
  expect((await app.inject('/api/health')).statusCode).toBe(200);
});

test('a Redis that accepts connections but does not respond delays a request by at most 1.5 s', async () => {
  const silent = createServer().listen(0, 'localhost');
  closing.push(() => silent.close());
  const { cookie } = await started();
  const { app } = start({ REDIS_ENDPOINT: `localhost:${(silent.address() as AddressInfo).port}` });
  const begun = performance.now();
  expect((await app.inject({ url: '/me', headers: { cookie } })).statusCode).toBe(503);
  expect(performance.now() - begun).toBeLessThan(1_500);
});
