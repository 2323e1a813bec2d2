import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectDatabase, type Database } from '../../../../app/kit/database.ts';
import type { App } from '../../../../app/kit/server.ts';
import { createApp } from '../../../../app/services/sandbox/app.ts';
import { createChargeStore, type SandboxSchema } from '../../../../app/services/sandbox/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';

let database: TestDatabase<'sandbox'>;
let connections: Database<SandboxSchema>[];
/** Two tasks of the service, each with connections of its own. */
let tasks: App[];

beforeAll(async () => {
  database = await createDatabase('sandbox');
  const log = pino({ level: 'silent' });
  connections = [1, 2].map(() => connectDatabase<SandboxSchema>(database.config.sandbox, log));
  tasks = connections.map((each) => createApp({ store: createChargeStore(each), hangMs: 300 }));
});

afterAll(async () => {
  await Promise.all(tasks.map((task) => task.close()));
  await Promise.all(connections.map((each) => each.close()));
  await database.drop();
});

test('charges with one key at the same moment, on two tasks, are one charge', async () => {
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => charge(key, 'tok_ok', i % 2)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
  expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
  expect(await charges(key)).toBe(1);
});

test('a declined card stays declined, whatever card comes with the key next', async () => {
  const key = randomUUID();
  expect(await charge(key, 'tok_declined')).toMatchObject({ status: 402 });
  expect(await charge(key, 'tok_ok', 1)).toMatchObject({ status: 402 });
});

test('a card nobody issued is declined', async () => {
  expect(await charge(randomUUID(), 'tok_of_mine')).toMatchObject({ status: 402 });
});

test('tok_slow hangs, then fails, and never charges', async () => {
  const key = randomUUID();
  const start = performance.now();
  expect(await charge(key, 'tok_slow')).toMatchObject({ status: 504 });
  expect(performance.now() - start).toBeGreaterThanOrEqual(290);
  expect(await charges(key)).toBe(0);
});

test('a charge that was voided before it came is refused for good', async () => {
  const key = randomUUID();
  expect(await send('POST', `/${key}/void`)).toMatchObject({ status: 200, body: { status: 'voided' } });
  expect(await charge(key, 'tok_ok')).toMatchObject({ status: 410 });
});

test('voiding what was charged changes nothing and says so', async () => {
  const key = randomUUID();
  const { body } = await charge(key, 'tok_ok');
  expect(await send('POST', `/${key}/void`)).toEqual({ status: 200, body });
  expect(await send('GET', `/${key}`)).toEqual({ status: 200, body });
});

test('a key nobody used is not found', async () => {
  expect(await send('GET', `/${randomUUID()}`)).toMatchObject({ status: 404 });
});

test.each([
  ['no key', { amountCents: 1, cardToken: 'tok_ok' }, undefined, 'idempotency-key'],
  ['a negative amount', { amountCents: -1, cardToken: 'tok_ok' }, 'key', 'amountCents'],
  ['an amount that no bigint holds', { amountCents: 1e30, cardToken: 'tok_ok' }, 'key', 'amountCents'],
  ['no card', { amountCents: 1 }, 'key', 'cardToken'],
])('%s is refused by name', async (_, payload, key, field) => {
  const answer = await send('POST', '', { payload, key });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
});

test('a key that PostgreSQL cannot hold is refused by name', async () => {
  expect(await send('GET', '/%00')).toMatchObject({ status: 400, body: { errors: [{ field: 'key' }] } });
});

function charge(key: string, cardToken: string, task = 0) {
  return send('POST', '', { payload: { amountCents: 100, cardToken }, key, task });
}

async function send(
  method: 'GET' | 'POST',
  path: string,
  { payload, key, task = 0 }: { payload?: object; key?: string; task?: number } = {},
) {
  const answer = await (tasks[task] as App).inject({
    method,
    url: `/sandbox/charges${path}`,
    ...(payload === undefined ? {} : { payload }),
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

async function charges(key: string): Promise<number> {
  return (await adminQuery(database, `select from sandbox.charges where key = '${key}'`)).length;
}
