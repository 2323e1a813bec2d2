import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';

import { perAddress, type Claim } from '../../app/kit/limit.ts';
import { takeInRedis } from '../../app/kit/redis-limiter.ts';
import { createPace } from '../../app/kit/pace.ts';
import { createServer } from '../../app/kit/server.ts';
import { redisLayer } from '../../app/kit/cache/redis-layer.ts';
import { contentOf } from '../../app/kit/cache/entry.ts';
import { connectRedis } from '../../app/kit/redis.ts';
import { createSessionStore } from '../../app/kit/session-store.ts';
import { requireUser, sessions, signIn } from '../../app/kit/sessions.ts';
import { freePort } from '../../local/host/free-port.ts';
import { serverCertificate } from '../../local/host/tls.ts';
import { userAccess } from '../../local/resources/elasticache/redis-access.ts';
import { startRedis, type RedisServer } from '../../local/resources/elasticache/redis.ts';
import { noKeys } from '../support/sign-in.ts';
import { eventually } from '../support/eventually.ts';
import { silentTask } from '../support/task.ts';
import { templateOf } from './environments.ts';
import { resourcesOf } from './synth.ts';

// Runs the users and the parameters of the template on a real server, in which the sessions of the whole shop are.

const trusted = getCACertificates('default');
let dir: string;
let server: RedisServer | undefined;
const tasks: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headroom-redis-access-'));
});
afterEach(async () => {
  for (const task of tasks.splice(0)) await task.stop();
  await server?.stop();
  server = undefined;
  await rm(dir, { recursive: true, force: true });
});
// Other test files run in the same process.
afterAll(() => setDefaultCACertificates(trusted));

type Group = 'Redis' | 'Cache';

const propertiesOf = (type: string, group: Group) =>
  resourcesOf(templateOf('prod', 'Data'), type)
    .filter(([id]) => id.startsWith(group))
    .map(([, { Properties }]) => Properties);

async function start(more: Record<string, string> = {}, group: Group = 'Redis'): Promise<void> {
  const tls = await serverCertificate(join(dir, 'tls'));
  // Only this authority: that of the other test servers has the same name.
  setDefaultCACertificates([tls.ca]);
  const users = propertiesOf('AWS::ElastiCache::User', group).map((user) => ({
    name: String(user['UserName']),
    accessString: String(user['AccessString']),
    passwords: [`password-of-${String(user['UserName'])}`],
  }));
  const [parameters] = propertiesOf('AWS::ElastiCache::ParameterGroup', group);
  server = await startRedis({
    dir,
    port: await freePort(),
    tls,
    access: userAccess(users, 'password-of-local-operator'),
    log: createWriteStream(join(dir, 'log'), { flags: 'a' }),
    settings: { ...(parameters?.['Properties'] as Record<string, string>), ...more },
  });
}

async function connectAs(user: string): Promise<Redis> {
  const task = silentTask({
    REDIS_ENDPOINT: `localhost:${server!.port}`,
    REDIS_USER: user,
    REDIS_PASSWORD: `password-of-${user}`,
  });
  tasks.push(task);
  const redis = connectRedis(task);
  await eventually(() => redis.ping());
  return redis;
}

function appWith(redis: Redis) {
  const app = createServer({ name: 'test' });
  void app.register(sessions({ redis, sessionSecret: 's'.repeat(32), findKeyOwner: noKeys }));
  app.post('/in', (request, reply) => signIn(request, reply, { id: '1', email: 'ada@example.com' }));
  app.get('/me', (request) => requireUser(request));
  return app;
}

async function signedIn(): Promise<string> {
  const response = await appWith(await connectAs('auth')).inject({ method: 'POST', url: '/in' });
  return response.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

test('orders and payments know who has signed in at auth', async () => {
  await start();
  const cookie = await signedIn();
  for (const service of ['orders', 'payments']) {
    const response = await appWith(await connectAs(service)).inject({ url: '/me', headers: { cookie } });
    expect(response.json()).toEqual({ id: '1', email: 'ada@example.com' });
  }
});

test('orders and payments cannot sign anybody in', async () => {
  await start();
  const operator = await connectAs('local-operator');
  for (const service of ['orders', 'payments']) {
    const response = await appWith(await connectAs(service)).inject({ method: 'POST', url: '/in' });
    expect(response.statusCode).toBe(503);
    expect(response.cookies).toEqual([]);
    expect(await operator.dbsize()).toBe(0);
  }
});

const writes = [
  ['SET', 'session:1', 'eve'],
  ['SETEX', 'session:1', '60', 'eve'],
  ['GETSET', 'session:1', 'eve'],
  ['APPEND', 'session:1', 'eve'],
  ['SETRANGE', 'session:1', '0', 'eve'],
  ['MSET', 'session:1', 'eve'],
  ['COPY', 'session:1', 'session:2'],
  ['RENAME', 'session:1', 'session:2'],
  ['RESTORE', 'session:2', '0', 'x'],
  ['HSET', 'session:2', 'user', 'eve'],
  ['DEL', 'session:1'],
  ['GETDEL', 'session:1'],
];
/** Scripts are for the limits; one may run only commands that its user may. */
const script = ['EVAL', "return redis.call('SET', KEYS[1], 'eve')", '1', 'session:1'] as const;
const administration = [
  ['ACL', 'SETUSER', 'orders', '+@all'],
  ['CONFIG', 'GET', '*'],
  ['CLIENT', 'LIST'],
  ['MONITOR'],
  ['FLUSHALL'],
  ['SHUTDOWN'],
  ['KEYS', '*'],
  ['SCAN', '0'],
  ['RANDOMKEY'],
];

test('a service that reads sessions can neither change nor find one, nor administer the server', async () => {
  await start();
  const operator = await connectAs('local-operator');
  await operator.set('session:1', 'ada');
  for (const service of ['orders', 'payments']) {
    const redis = await connectAs(service);
    for (const [command = '', ...args] of [
      ...writes,
      ...administration,
      ['GET', 'other:1'],
      ['LPUSH', 'session:2', 'eve'],
    ])
      await expect(redis.call(command, ...args)).rejects.toThrow('NOPERM');
    await expect(redis.call(...script)).rejects.toThrow(/can't run this command|NOPERM/);
    expect(await redis.get('session:1')).toBe('ada');
  }
});

test('a service that reads sessions keeps how far they have written, and changes nothing else of them', async () => {
  await start();
  const store = createSessionStore(await connectAs('auth'));
  const session = { user: { id: '1', email: 'ada@example.com' }, createdAt: Date.now(), userAgent: '' };
  await store.create('a', session);
  for (const service of ['orders', 'payments']) {
    const redis = await connectAs(service);
    const reader = createSessionStore(redis);
    await reader.setWritten('a', 7);
    expect(await reader.find('a')).toEqual({ ...session, written: 7 });
    for (const key of ['session:a', 'session:of:1']) {
      await expect(redis.zadd(key, 1, 'eve')).rejects.toThrow('NOPERM');
      await expect(redis.pexpire(key, 1)).rejects.toThrow('NOPERM');
    }
    await expect(redis.set('session:written:a', 'eve')).rejects.toThrow('NOPERM');
  }
});

test('all HTTP services count requests together', async () => {
  await start();
  const claim: Claim = { limit: perAddress, client: '198.51.100.1' };
  const services = ['catalog', 'auth', 'orders', 'payments'];
  for (const [i, service] of services.entries())
    expect(await takeInRedis(await connectAs(service), [[claim]])).toMatchObject([{ refused: -1, used: [i + 1] }]);
});

test('a service without sessions uses the keys of limits and nothing else, and cannot administer the server', async () => {
  await start();
  const operator = await connectAs('local-operator');
  await operator.set('session:1', 'ada');
  const redis = await connectAs('catalog');
  for (const [command = '', ...args] of [
    ...writes,
    ...administration,
    ['GET', 'session:1'],
    ['GETEX', 'session:1'],
    ['LPUSH', 'session:2', 'eve'],
    ['PEXPIRE', 'session:1', '1'],
  ])
    await expect(redis.call(command, ...args)).rejects.toThrow('NOPERM');
  await expect(redis.call(...script)).rejects.toThrow(/can't run this command|NOPERM/);
  expect(await operator.get('session:1')).toBe('ada');
});

test('the mailer paces its mails in Redis, and changes nothing else', async () => {
  await start();
  const redis = await connectAs('mailer');
  const { log } = silentTask({});
  await createPace({ redis, name: 'mail', tasks: 1, maxWaitMs: 1_000, log })(10);
  expect(await (await connectAs('local-operator')).exists('pace:mail')).toBe(1);
  for (const [command = '', ...args] of [...writes, ...administration, ['GET', 'session:1'], ['DEL', 'pace:mail']])
    await expect(redis.call(command, ...args)).rejects.toThrow('NOPERM');
});

test('auth writes sessions and nothing else, and cannot administer the server', async () => {
  await start();
  const redis = await connectAs('auth');
  await redis.zadd('session:user:1', 1, 'a');
  for (const [command = '', ...args] of [
    ['SET', 'orders:1', 'x'],
    ['COPY', 'session:user:1', 'orders:1'],
    ...administration,
  ])
    await expect(redis.call(command, ...args)).rejects.toThrow('NOPERM');
});

test('the user default and a password of another service are refused', async () => {
  await start();
  const redis = await connectAs('orders');
  await expect(redis.call('AUTH', 'default', 'password-of-default')).rejects.toThrow('WRONGPASS');
  await expect(redis.call('AUTH', 'auth', 'password-of-orders')).rejects.toThrow('WRONGPASS');
});

test('a server that is filled to its limit loses no session', async () => {
  await start({ maxmemory: '6mb' });
  const cookie = await signedIn();
  const operator = await connectAs('local-operator');
  const fill = async () => {
    for (let i = 0; ; i += 1) await operator.set(`cache:${i}`, 'x'.repeat(50_000), 'PX', 600_000);
  };
  await expect(fill()).rejects.toThrow('OOM');
  const response = await appWith(await connectAs('orders')).inject({ url: '/me', headers: { cookie } });
  expect(response.json()).toEqual({ id: '1', email: 'ada@example.com' });
});

test('catalog caches under keys and on a channel of its own, and nowhere else', async () => {
  await start({}, 'Cache');
  const redis = await connectAs('catalog');
  const layer = redisLayer('catalog', redis, await connectAs('catalog'));
  const forgotten: (string | undefined)[] = [];
  layer.onInvalidated((key) => forgotten.push(key));
  await eventually(async () => expect(layer.isListening()).toBe(true));
  const until = Date.now() + 60_000;
  const entry = { content: contentOf('1', 'text/plain'), freshUntil: until, staleUntil: until };
  const { token } = await layer.take('a');
  expect(await layer.store('a', token!, entry)).toBe(true);
  expect(await layer.take('a')).toEqual({ entry });
  await layer.invalidate('a');
  await eventually(async () => expect(forgotten).toContain('a'));
  await layer.release('a', (await layer.take('a')).token!);

  for (const [command = '', ...args] of [
    ...administration,
    ['GET', 'session:1'],
    ['SET', 'cache:orders:value:a', 'x'],
    ['PUBLISH', 'cache:orders', 'a'],
    ['SUBSCRIBE', 'cache:orders'],
  ])
    await expect(redis.call(command, ...args)).rejects.toThrow('NOPERM');
  await expect(redis.eval("return redis.call('GET', KEYS[1])", 1, 'cache:orders:value:a')).rejects.toThrow('NOPERM');
  await expect(redis.eval("return redis.call('FLUSHALL')", 0)).rejects.toThrow();
});

test('a cache that is filled to its limit evicts', async () => {
  await start({ maxmemory: '6mb' }, 'Cache');
  const operator = await connectAs('local-operator');
  for (let i = 0; i < 500; i += 1) await operator.set(`cache:${i}`, 'x'.repeat(50_000));
  expect(await operator.exists('cache:499', 'cache:0')).toBe(1);
});
