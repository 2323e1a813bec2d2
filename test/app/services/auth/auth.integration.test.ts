import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectDatabase, type Database } from '../../../../app/kit/database.ts';
import type { Task } from '../../../../app/kit/task.ts';
import { createApp } from '../../../../app/services/auth/app.ts';
import { createUserStore, type AuthTables } from '../../../../app/services/auth/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { memoryRedis } from '../../../support/sign-in.ts';
import { silentTask } from '../../../support/task.ts';

let served: TestDatabase<'auth'>;
let connections: Task<unknown>;
let database: Database<AuthTables>;
beforeAll(async () => {
  served = await createDatabase('auth');
  const task = silentTask(served.config.auth);
  connections = task;
  database = connectDatabase<AuthTables>(task);
});
afterAll(async () => {
  await connections.stop();
  await served.drop();
});

const post = (path: string, payload: object) =>
  createApp({ store: createUserStore(database), redis: memoryRedis(), sessionSecret: 's'.repeat(32) }).inject({
    method: 'POST',
    url: `/api/auth/${path}`,
    payload,
  });

test('a user who has just registered can log in', async () => {
  const ada = { email: 'ada@example.com', password: 'correct horse' };
  expect((await post('register', { ...ada, email: 'Ada@Example.com' })).statusCode).toBe(201);
  expect((await post('login', ada)).json()).toMatchObject({ email: 'ada@example.com' });
});

test('of two concurrent registrations of one address, one succeeds', async () => {
  const bob = { email: 'bob@example.com', password: 'correct horse' };
  const responses = await Promise.all([post('register', bob), post('register', bob)]);
  expect(new Set(responses.map(({ statusCode }) => statusCode))).toEqual(new Set([201, 409]));
  expect(await adminQuery(served, `SELECT FROM auth.users WHERE email = 'bob@example.com'`)).toHaveLength(1);
});

test('invalid input does not change the database', async () => {
  const before = await adminQuery(served, 'SELECT * FROM auth.users');
  for (const wrong of [{ email: 'eve' }, { email: 'eve@example.com', password: 'short' }, {}])
    await post('register', wrong);
  expect(await adminQuery(served, 'SELECT * FROM auth.users')).toEqual(before);
});
