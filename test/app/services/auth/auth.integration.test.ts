import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectDatabase, type Database } from '../../../../app/kit/database.ts';
import { createApp } from '../../../../app/services/auth/app.ts';
import { createUsers, type Tables } from '../../../../app/services/auth/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { memoryRedis } from '../../../support/sign-in.ts';

let served: TestDatabase<'auth'>;
let database: Database<Tables>;
beforeAll(async () => {
  served = await createDatabase('auth');
  database = connectDatabase<Tables>(served.config.auth, pino({ level: 'silent' }));
});
afterAll(async () => {
  await database.close();
  await served.drop();
});

const post = (path: string, payload: object) =>
  createApp({ users: createUsers(database), redis: memoryRedis(), secret: 's'.repeat(32) }).inject({
    method: 'POST',
    url: `/api/auth/${path}`,
    payload,
  });

test('who has just registered can log in', async () => {
  const ada = { email: 'ada@example.com', password: 'correct horse' };
  expect((await post('register', { ...ada, email: 'Ada@Example.com' })).statusCode).toBe(201);
  expect((await post('login', ada)).json()).toMatchObject({ email: 'ada@example.com' });
});

test('of two who register one address at the same moment, one does', async () => {
  const bob = { email: 'bob@example.com', password: 'correct horse' };
  const answers = await Promise.all([post('register', bob), post('register', bob)]);
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201, 409]));
  expect(await adminQuery(served, `SELECT FROM auth.users WHERE email = 'bob@example.com'`)).toHaveLength(1);
});

test('bad input leaves the database as it was', async () => {
  const before = await adminQuery(served, 'SELECT * FROM auth.users');
  for (const wrong of [{ email: 'eve' }, { email: 'eve@example.com', password: 'short' }, {}])
    await post('register', wrong);
  expect(await adminQuery(served, 'SELECT * FROM auth.users')).toEqual(before);
});
