import { BlockList, isIPv4 } from 'node:net';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { perLogin } from '../../../app/kit/limit.ts';
import type { LimitRedis } from '../../../app/kit/redis-limiter.ts';
import { createServer } from '../../../app/kit/server.ts';
import { clientOf } from '../../../app/kit/viewer.ts';

const down: LimitRedis = {
  evalsha: () => Promise.reject(new Error('Redis is down')),
  eval: () => Promise.reject(new Error('Redis is down')),
  ping: () => Promise.reject(new Error('Redis is down')),
};

function serverWith(limits: LimitRedis = down) {
  const app = createServer({ name: 'things', limits });
  app.get('/thing', async () => 'thing');
  app.get('/page', async (_request, reply) => reply.header('cache-control', 'public, max-age=10').send('page'));
  app.post('/login', { config: { limit: perLogin } }, async () => 'in');
  const send = (url: string, address?: string, method: 'GET' | 'POST' = 'GET', headers = {}) =>
    app.inject({
      method,
      url,
      headers: { ...headers, ...(address !== undefined && { 'cloudfront-viewer-address': `${address}:1` }) },
    });
  return { app, send };
}

test('a response carries the policy and what remains of it, as draft 11 of the RateLimit fields defines them', async () => {
  const { send } = serverWith();
  expect((await send('/thing', '198.51.100.1')).headers).toMatchObject({
    'ratelimit-policy': '"address";q=1000;w=60',
    ratelimit: '"address";r=999;t=60',
  });
  expect((await send('/login', '198.51.100.1', 'POST')).headers).toMatchObject({
    'ratelimit-policy': '"address";q=1000;w=60, "login";q=5;w=60',
    ratelimit: expect.stringMatching(/^"address";r=998;t=\d+, "login";r=4;t=60$/),
  });
});

test('the sixth login of an address in a minute is refused with the message of the article, and other requests are not', async () => {
  const { send } = serverWith();
  for (let i = 0; i < 5; i += 1) expect((await send('/login', '198.51.100.1', 'POST')).statusCode).toBe(200);
  const refused = await send('/login', '198.51.100.1', 'POST');
  expect(refused.statusCode).toBe(429);
  expect(refused.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ratelimit: expect.stringContaining('"login";r=0;t='),
  });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
  expect(refused.json()).toMatchObject({
    status: 429,
    title: 'Too Many Requests',
    detail: 'Too many login attempts. Try again in 1 minute.',
  });
  expect((await send('/thing', '198.51.100.1')).statusCode).toBe(200);
  expect((await send('/login', '198.51.100.2', 'POST')).statusCode).toBe(200);
});

test('the 1001st request of an address in a minute is refused, whatever its path and its other headers', async () => {
  const { send } = serverWith();
  for (let i = 0; i < 1000; i += 1)
    await send(i % 2 ? '/thing' : '/nothing', '198.51.100.1', 'GET', { 'x-forwarded-for': `192.0.2.${i % 256}` });
  for (const url of ['/thing', '/nothing', '/api/things/openapi.json'])
    expect((await send(url, '198.51.100.1')).statusCode).toBe(429);
  expect((await send('/thing', '198.51.100.2')).statusCode).toBe(200);
});

test('the 101st request with an API key in a minute is refused, from whichever address, and other keys are not', async () => {
  const { send } = serverWith();
  const withKey = (key: string, address: string) => send('/thing', address, 'GET', { 'x-api-key': key });
  for (let i = 0; i < 100; i += 1) expect((await withKey('a', `198.51.100.${i}`)).statusCode).toBe(200);
  const refused = await withKey('a', '198.51.100.200');
  expect(refused.statusCode).toBe(429);
  expect(refused.headers['ratelimit-policy']).toBe('"address";q=1000;w=60, "key";q=100;w=60');
  expect(refused.json()).toMatchObject({ detail: 'Too many requests with this API key. Try again later.' });
  expect((await withKey('b', '198.51.100.200')).statusCode).toBe(200);
  expect((await send('/thing', '198.51.100.200')).statusCode).toBe(200);
});

test('a response that may be stored does not say what remains to the client that it was made for', async () => {
  const { send } = serverWith();
  const { headers } = await send('/page', '198.51.100.1');
  expect(headers['ratelimit-policy']).toBe('"address";q=1000;w=60');
  expect(headers).not.toHaveProperty('ratelimit');
});

test('health checks and calls of other services are not limited', async () => {
  const { send } = serverWith();
  const health = await send('/api/health', '198.51.100.1');
  const call = await send('/thing');
  for (const { headers, statusCode } of [health, call]) {
    expect(statusCode).toBe(200);
    expect(headers).not.toHaveProperty('ratelimit');
  }
});

test('a Redis that does not respond is waited for once, and used again when it responds', async () => {
  let isSilent = true;
  let asked = 0;
  const redis: LimitRedis = {
    ...down,
    evalsha() {
      asked += 1;
      return isSilent ? new Promise(() => {}) : Promise.resolve([[0], [500, 30_000_000]]);
    },
    ping: () => (isSilent ? new Promise(() => {}) : Promise.resolve('PONG')),
  };
  const { send } = serverWith(redis);
  for (let i = 0; i < 20; i += 1) expect((await send('/thing', '198.51.100.1')).statusCode).toBe(200);
  expect(asked).toBe(1);
  isSilent = false;
  let headers: Record<string, unknown> = {};
  while (headers['ratelimit'] !== '"address";r=500;t=30') ({ headers } = await send('/thing', '198.51.100.1'));
});

test.each([
  ['198.51.100.1', '198.51.100.1'],
  ['127.0.0.5', '127.0.0.5'],
  ['::ffff:198.51.100.1', '198.51.100.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
])('the address %s belongs to the client %s', (address, client) => {
  expect(clientOf(address)).toBe(client);
});

test('an address of version 6, however it is written, belongs to its network', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const network = new BlockList();
      network.addSubnet(address, 64, 'ipv6');
      const client = clientOf(address);
      if (isIPv4(client)) expect(address.toLowerCase()).toBe(`::ffff:${client}`);
      else expect(network.check(client.replace('/64', ''), 'ipv6')).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
