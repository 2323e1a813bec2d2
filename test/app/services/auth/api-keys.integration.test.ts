import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { App } from '../../../../app/kit/app.ts';
import { connectDatabase, type Database } from '../../../../app/kit/database.ts';
import type { Task } from '../../../../app/kit/task.ts';
import { maxKeys } from '../../../../app/services/auth/api-key.ts';
import { createApp } from '../../../../app/services/auth/app.ts';
import { createKeyStore, type KeyTables } from '../../../../app/services/auth/key-store.ts';
import { createUserStore, type AuthTables } from '../../../../app/services/auth/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { memoryRedis } from '../../../support/sign-in.ts';
import { silentTask } from '../../../support/task.ts';

let served: TestDatabase<'auth'>;
let task: Task<unknown>;
let database: Database<AuthTables & KeyTables>;
let app: App;

beforeAll(async () => {
  served = await createDatabase('auth');
  const connections = silentTask(served.config.auth);
  task = connections;
  database = connectDatabase<AuthTables & KeyTables>(connections);
});
afterAll(async () => {
  await task.stop();
  await served.drop();
});
beforeEach(async () => {
  await adminQuery(served, 'TRUNCATE auth.users, auth.addresses, auth.api_keys, auth.tokens, auth.outbox');
  app = createApp({
    store: createUserStore(database),
    keys: createKeyStore(database),
    redis: memoryRedis(),
    sessionSecret: 's'.repeat(32),
    siteUrl: '',
    onCommit: () => {},
  });
});

const send = (method: 'GET' | 'POST' | 'DELETE', path: string, headers: Record<string, string>) =>
  app.inject({ method, url: `/api/auth/${path}`, headers });

async function register(email: string): Promise<{ cookie: string }> {
  const payload = { email, password: 'correct horse' };
  const { cookies } = await app.inject({ method: 'POST', url: '/api/auth/register', payload });
  return { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
}

const create = async (session: { cookie: string }) => (await send('POST', 'keys', session)).json();
const owner = (key: string) => send('GET', 'me', { 'x-api-key': key });

test('a key is shown once and stands for its owner', async () => {
  const ada = await register('ada@example.com');
  const response = await send('POST', 'keys', ada);
  expect(response.statusCode).toBe(201);
  expect(response.headers['cache-control']).toBe('no-store');
  const { key, ...shown } = response.json();
  expect(key).toMatch(/^hr_[0-9a-f]{8}_[\w-]{64}$/);
  expect(key.startsWith(`${shown.prefix}_`)).toBe(true);
  expect((await owner(key)).json()).toMatchObject({ email: 'ada@example.com' });
  expect((await send('GET', 'keys', ada)).json()).toEqual({ items: [shown], nextCursor: null });
});

test('nothing in the database is enough to use a key', async () => {
  const { key } = await create(await register('ada@example.com'));
  const stored = JSON.stringify(await adminQuery(served, "SELECT *, encode(hash, 'base64') FROM auth.api_keys"));
  expect(stored).not.toContain(key.slice('hr_00000000_'.length));
});

test('a revoked key is refused at once, others of the user are not', async () => {
  const ada = await register('ada@example.com');
  const [first, second] = [await create(ada), await create(ada)];
  expect((await send('DELETE', `keys/${first.id}`, ada)).statusCode).toBe(204);
  expect((await owner(first.key)).statusCode).toBe(401);
  expect((await owner(second.key)).statusCode).toBe(200);
  expect((await send('DELETE', `keys/${first.id}`, ada)).statusCode).toBe(404);
});

test("a user neither sees nor revokes another user's keys", async () => {
  const { id, key } = await create(await register('ada@example.com'));
  const eve = await register('eve@example.com');
  expect((await send('GET', 'keys', eve)).json()).toEqual({ items: [], nextCursor: null });
  expect((await send('DELETE', `keys/${id}`, eve)).statusCode).toBe(404);
  expect((await owner(key)).statusCode).toBe(200);
});

test('a key makes and revokes no keys', async () => {
  const { id, key } = await create(await register('ada@example.com'));
  const headers = { 'x-api-key': key };
  expect((await send('POST', 'keys', headers)).statusCode).toBe(401);
  expect((await send('DELETE', `keys/${id}`, headers)).statusCode).toBe(401);
});

test.each(['', 'hr_', 'x'.repeat(5000), 'hr_00000000_\u00e9'])('a key that was made up is a 401: %#', async (key) => {
  expect((await owner(key)).statusCode).toBe(401);
});

test('requests at once make no more keys than a user may have', async () => {
  const ada = await register('ada@example.com');
  const responses = await Promise.all(Array.from({ length: maxKeys + 3 }, () => send('POST', 'keys', ada)));
  const count = (status: number) => responses.filter(({ statusCode }) => statusCode === status).length;
  expect([count(201), count(409)]).toEqual([maxKeys, 3]);
});
