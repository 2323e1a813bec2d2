import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { App } from '../../../app/kit/app.ts';
import type { RedisConfig } from '../../../app/kit/config.ts';
import { connectRedis } from '../../../app/kit/redis.ts';
import { createServer as createApp } from '../../../app/kit/server.ts';
import { createSessionStore, idleMs, lifetimeMs } from '../../../app/kit/session-store.ts';
import { requireSession, requireUser, sessions, signIn, signOut } from '../../../app/kit/sessions.ts';
import { freePort } from '../../../local/host/free-port.ts';
import { noKeys } from '../../support/sign-in.ts';
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
  void app.register(sessions({ redis, sessionSecret, findKeyOwner: noKeys }));
  app.post('/in', (request, reply) => signIn(request, reply, { id: '1', email: 'ada@example.com' }));
  app.post('/out', (request, reply) => signOut(request, reply));
  app.get('/me', (request) => requireUser(request));
  app.get('/session', (request) => requireSession(request));
  closing.push(() => task.stop());
  return { app, redis };
}

async function started() {
  const { app, redis } = start();
  // Waits for the first connection, as the first requests of a task do.
  const { cookies } = await app.inject({ method: 'POST', url: '/in' });
  return { app, redis, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
}

/** Returns the id of the session of a cookie. */
async function idOf(app: App, cookie: string): Promise<string> {
  return (await app.inject({ url: '/session', headers: { cookie } })).json<{ id: string }>().id;
}

const sessionOf = (userId: string, createdAt = Date.now()) => ({
  user: { id: userId, email: 'ada@example.com' },
  createdAt,
  userAgent: 'test',
});

/** A store on the real Redis, and a user without sessions. */
async function storeOf() {
  const { redis } = await started();
  return { redis, store: createSessionStore(redis), userId: randomUUID() };
}

test('a session is in Redis, where every task finds it', async () => {
  const { cookie } = await started();
  const { app: other } = await started();
  expect((await other.inject({ url: '/me', headers: { cookie } })).json()).toEqual({
    id: '1',
    email: 'ada@example.com',
  });
});

test('what is in Redis signs nobody in', async () => {
  const { app, redis, cookie } = await started();
  const secret = decodeURIComponent(cookie).slice('session='.length).split('.')[0] ?? '';
  for (const key of await redis.keys('session:*')) {
    const value = key.startsWith('session:of:') ? (await redis.zrange(key, 0, -1)).join() : await redis.get(key);
    expect(`${key} ${value}`).not.toContain(secret);
  }
  const id = await idOf(app, cookie);
  expect((await app.inject({ url: '/me', headers: { cookie: `session=${id}` } })).statusCode).toBe(401);
});

test('all keys of sessions begin with session:', async () => {
  const before = (await started()).redis;
  const others = async () => (await before.keys('*')).filter((key) => !key.startsWith('session:')).toSorted();
  const known = await others();
  const { app, cookie } = await started();
  await app.inject({ url: '/me', headers: { cookie } });
  await app.inject({ method: 'POST', url: '/out', headers: { cookie } });
  expect(await others()).toEqual(known);
});

test('a session ends a day after its last request', async () => {
  const { app, redis, cookie } = await started();
  const key = `session:${await idOf(app, cookie)}`;
  await redis.pexpire(key, 60_000);
  await app.inject({ url: '/me', headers: { cookie } });
  const ttl = await redis.pttl(key);
  expect(ttl).toBeGreaterThan(idleMs - 60_000);
  expect(ttl).toBeLessThanOrEqual(idleMs);
});

test('a session ends a week after sign-in, however busy it is', async () => {
  const { store, userId } = await storeOf();
  await store.create('young', sessionOf(userId, Date.now() - lifetimeMs + 60_000));
  await store.create('old', sessionOf(userId, Date.now() - lifetimeMs));
  expect(await store.find('young')).toBeDefined();
  expect(await store.find('old')).toBeUndefined();
  expect((await store.list(userId)).map(({ id }) => id)).toEqual(['young']);
});

test('a request under way does not bring back a session that was ended meanwhile', async () => {
  const { app, redis, cookie } = await started();
  const id = await idOf(app, cookie);
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const other: App = createApp({ name: 'slow' });
  void other.register(sessions({ redis, sessionSecret, findKeyOwner: noKeys }));
  other.get('/slow', async (request) => {
    const user = requireUser(request);
    reached.resolve();
    await released.promise;
    return user;
  });
  const slow = other.inject({ url: '/slow', headers: { cookie } });
  await reached.promise;
  await createSessionStore(redis).endAll('1');
  released.resolve();
  expect((await slow).statusCode).toBe(200);
  expect(await redis.exists(`session:${id}`)).toBe(0);
  expect((await app.inject({ url: '/me', headers: { cookie } })).statusCode).toBe(401);
});

test('ending all sessions of a user keeps the one that is named, and those of others', async () => {
  const { store, userId } = await storeOf();
  const stranger = randomUUID();
  const names = ['a', 'b', 'kept'].map((name) => `${userId}-${name}`);
  for (const name of names) await store.create(name, sessionOf(userId));
  await store.create(stranger, sessionOf(stranger));
  await store.endAll(userId, names[2]);
  expect((await store.list(userId)).map(({ id }) => id)).toEqual([names[2]]);
  expect(await Promise.all(names.map((name) => store.find(name)))).toMatchObject([undefined, undefined, {}]);
  expect(await store.find(stranger)).toBeDefined();
});

test('a user ends only sessions of their own', async () => {
  const { store, userId } = await storeOf();
  await store.create(`${userId}-mine`, sessionOf(userId));
  expect(await store.endOne('somebody else', `${userId}-mine`)).toBe(false);
  expect(await store.find(`${userId}-mine`)).toBeDefined();
  expect(await store.endOne(userId, `${userId}-mine`)).toBe(true);
  expect(await store.find(`${userId}-mine`)).toBeUndefined();
});

test('the sign-in after the hundredth session ends the oldest one', async () => {
  const { store, userId } = await storeOf();
  const now = Date.now();
  for (let i = 0; i <= 100; i += 1) await store.create(`${userId}-${i}`, sessionOf(userId, now + i));
  expect(await store.find(`${userId}-0`)).toBeUndefined();
  expect(await store.list(userId)).toHaveLength(100);
});

test('signing out deletes the session', async () => {
  const { app, redis, cookie } = await started();
  const id = await idOf(app, cookie);
  await app.inject({ method: 'POST', url: '/out', headers: { cookie } });
  expect(await redis.exists(`session:${id}`)).toBe(0);
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
