import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { App } from '../../../../app/kit/app.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import type { Task } from '../../../../app/kit/task.ts';
import { createApp } from '../../../../app/services/sandbox/app.ts';
import { createChargeStore, type SandboxTables } from '../../../../app/services/sandbox/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { silentTask } from '../../../support/task.ts';

const providerKey = 'key-of-the-provider';
let database: TestDatabase<'sandbox'>;
let connections: Task<unknown>[];
/** The servers of two tasks, each with its own connections. */
let servers: App[];

beforeAll(async () => {
  database = await createDatabase('sandbox');
  const tasks = [1, 2].map(() => silentTask(database.config.sandbox));
  connections = tasks;
  servers = tasks.map((task) =>
    createApp({ store: createChargeStore(connectDatabase<SandboxTables>(task)), providerKey, hangMs: 300 }),
  );
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await Promise.all(connections.map((task) => task.stop()));
  await database.drop();
});

test('concurrent charges with one key, on two tasks, are one charge', async () => {
  const key = randomUUID();
  const responses = await Promise.all(Array.from({ length: 10 }, (_, i) => charge(key, 'tok_ok', i % 2)));
  expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
  expect(new Set(responses.map(({ body }) => body['id'])).size).toBe(1);
  expect(await charges(key)).toBe(1);
});

test('a declined charge stays declined, even for another card', async () => {
  const key = randomUUID();
  expect(await charge(key, 'tok_declined')).toMatchObject({ status: 402 });
  expect(await charge(key, 'tok_ok', 1)).toMatchObject({ status: 402 });
});

test('an unknown card is declined', async () => {
  expect(await charge(randomUUID(), 'tok_of_mine')).toMatchObject({ status: 402 });
});

test('tok_slow hangs, then fails, and never charges', async () => {
  const key = randomUUID();
  const start = performance.now();
  expect(await charge(key, 'tok_slow')).toMatchObject({ status: 504 });
  expect(performance.now() - start).toBeGreaterThanOrEqual(290);
  expect(await charges(key)).toBe(0);
});

test('a charge that was voided before it was made is refused for good', async () => {
  const key = randomUUID();
  expect(await send('POST', `/${key}/void`)).toMatchObject({ status: 200, body: { status: 'voided' } });
  expect(await charge(key, 'tok_ok')).toMatchObject({ status: 410 });
});

test('voiding a succeeded charge changes nothing and returns the charge', async () => {
  const key = randomUUID();
  const { body } = await charge(key, 'tok_ok');
  expect(await send('POST', `/${key}/void`)).toEqual({ status: 200, body });
  expect(await send('GET', `/${key}`)).toEqual({ status: 200, body });
});

test('an unknown key is not found', async () => {
  expect(await send('GET', `/${randomUUID()}`)).toMatchObject({ status: 404 });
});

test.each([
  ['no key', { amountCents: 1, cardToken: 'tok_ok' }, undefined, 'idempotency-key'],
  ['a negative amount', { amountCents: -1, cardToken: 'tok_ok' }, 'key', 'amountCents'],
  ['an amount beyond a bigint', { amountCents: 1e30, cardToken: 'tok_ok' }, 'key', 'amountCents'],
  ['no card', { amountCents: 1 }, 'key', 'cardToken'],
  ['an unknown field', { amountCents: 1, cardToken: 'tok_ok', tip: 1 }, 'key', 'tip'],
])('%s is refused with the name of the field', async (_, payload, key, field) => {
  const response = await send('POST', '', { payload, key });
  expect(response).toMatchObject({ status: 400, body: { errors: [{ field }] } });
});

test('a key that PostgreSQL cannot store is refused with the name of the field', async () => {
  expect(await send('GET', '/%00')).toMatchObject({ status: 400, body: { errors: [{ field: 'key' }] } });
});

test.each<[string, Record<string, string>]>([
  ['no key', {}],
  ['an empty key', authorization('')],
  ['another key', authorization('key-of-somebody')],
  ['a longer key', authorization(`${providerKey}s`)],
  ['the key by another scheme', { authorization: `Basic ${providerKey}` }],
])('a request with %s is a 401, and charges and voids nothing', async (_, headers) => {
  const key = randomUUID();
  const payload = { amountCents: 100, cardToken: 'tok_ok' };
  const [server] = servers as [App];
  for (const [method, url] of [
    ['POST', '/sandbox/charges'],
    ['GET', `/sandbox/charges/${key}`],
    ['POST', `/sandbox/charges/${key}/void`],
  ] as const) {
    const response = await server.inject({
      method,
      url,
      headers: { 'idempotency-key': key, ...headers },
      ...(method === 'POST' && { payload }),
    });
    expect([response.statusCode, response.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect(response.body).not.toContain(providerKey);
  }
  expect(await charges(key)).toBe(0);
});

test('a request without the key learns nothing about what it must contain', async () => {
  const [server] = servers as [App];
  const response = await server.inject({ method: 'POST', url: '/sandbox/charges', payload: { tip: 1 } });
  expect(response.statusCode).toBe(401);
  expect(response.json()).not.toHaveProperty('errors');
});

test('health checks need no key', async () => {
  expect((await (servers[0] as App).inject('/api/health')).statusCode).toBe(200);
});

function authorization(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

function charge(key: string, cardToken: string, task = 0) {
  return send('POST', '', { payload: { amountCents: 100, cardToken }, key, task });
}

async function send(
  method: 'GET' | 'POST',
  path: string,
  { payload, key, task = 0 }: { payload?: object; key?: string; task?: number } = {},
) {
  const response = await (servers[task] as App).inject({
    method,
    url: `/sandbox/charges${path}`,
    ...(payload === undefined ? {} : { payload }),
    headers: { ...authorization(providerKey), ...(key === undefined ? {} : { 'idempotency-key': key }) },
  });
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
}

async function charges(key: string): Promise<number> {
  return (await adminQuery(database, `SELECT FROM sandbox.charges WHERE key = '${key}'`)).length;
}
