import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { connectDatabase } from '../../../app/kit/database.ts';
import { publishDeepHealth } from '../../../app/kit/deep-health.ts';
import { connectRedis } from '../../../app/kit/redis.ts';
import { createServer } from '../../../app/kit/server.ts';
import type { AuthTables } from '../../../app/services/auth/store.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy.ts';
import { silentTask } from '../../support/task.ts';

let served: TestDatabase<'auth'>;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  served = await createDatabase('auth');
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
afterAll(() => served.drop());

async function start() {
  const database = await startProxy(served.config.auth.DATABASE_PRIMARY);
  const redis = await startProxy(process.env['TEST_REDIS'] ?? '');
  closing.push(
    () => database.stop(),
    () => redis.stop(),
  );
  const task = silentTask({
    ...served.config.auth,
    DATABASE_PRIMARY: `localhost:${database.port}`,
    DATABASE_REPLICAS: '',
    REDIS_ENDPOINT: `localhost:${redis.port}`,
    REDIS_USER: 'default',
    REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
  });
  const { primary } = connectDatabase<AuthTables>(task);
  const cache = connectRedis(task);
  const app = createServer({ name: 'test' });
  publishDeepHealth(app, task.breakers);
  app.get('/rows', async () => (await sql`SELECT 1 AS one`.execute(primary)).rows);
  app.get('/key', async () => ({ value: await cache.get('nothing') }));
  closing.push(
    () => task.stop(),
    () => app.close(),
  );
  const statusOf = async (url: string) => (await app.inject(url)).statusCode;
  await eventually(async () => expect(await statusOf('/key')).toBe(200));
  const stateOf = (name: string) => task.breakers.states().find((state) => state.name === name)?.state;
  return { app, database, redis, primary, statusOf, stateOf };
}

test('a database that hangs opens the circuit at 5, other routes respond, one connection probes, and it closes again', async () => {
  const { app, database, primary, statusOf, stateOf } = await start();
  database.hang();
  // Each waits for a connection, which none of them gets.
  const waiting = Array.from({ length: 5 }, () => statusOf('/rows'));
  expect(stateOf('The database')).toBe('closed');
  expect(await statusOf('/key')).toBe(200);
  for (const status of await Promise.all(waiting)) expect(status).toBeGreaterThanOrEqual(503);
  expect(stateOf('The database')).toBe('open');

  // More requests, of which one probes, which takes as long as connecting may.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const before = database.accepted();
  const probing = statusOf('/rows');
  await eventually(async () => expect(database.accepted()).toBe(before + 1));
  const refused = await Promise.all(Array.from({ length: 20 }, () => app.inject('/rows')));
  for (const { statusCode, headers } of refused) {
    expect(statusCode).toBe(503);
    expect(headers['retry-after']).toBe('1');
  }
  expect(stateOf('The database')).toBe('half-open');
  expect(await statusOf('/key')).toBe(200);
  expect(database.accepted()).toBe(before + 1);
  expect(await probing).toBe(503);

  database.resume();
  await eventually(async () => expect(await statusOf('/rows')).toBe(200), 10_000);
  expect(stateOf('The database')).toBe('closed');
  expect((await sql`SELECT 1 AS one`.execute(primary)).rows).toEqual([{ one: 1 }]);
});

test('statements that are at fault, or canceled for their time, never open the circuit', async () => {
  const { primary, statusOf, stateOf } = await start();
  const statements = [
    sql`SELECT 1 / 0`,
    sql`SELECT * FROM nothing`,
    sql`DO $$ BEGIN RAISE EXCEPTION 'late' USING ERRCODE = '57014'; END $$`,
    sql`DO $$ BEGIN RAISE EXCEPTION 'twice' USING ERRCODE = '23505'; END $$`,
    sql`DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53300'; END $$`,
  ];
  for (const statement of statements)
    for (let i = 0; i < 6; i += 1) await expect(statement.execute(primary)).rejects.toThrow();
  expect(stateOf('The database')).toBe('closed');
  expect(await statusOf('/rows')).toBe(200);
});

test('a Redis that hangs opens the circuit at 5, other routes respond, and it closes on the first response', async () => {
  const { redis, statusOf, stateOf } = await start();
  redis.hang();
  await Promise.all(Array.from({ length: 5 }, () => statusOf('/key')));
  expect(stateOf('Redis')).not.toBe('closed');
  expect(await statusOf('/key')).toBe(503);
  expect(await statusOf('/rows')).toBe(200);

  redis.resume();
  await eventually(async () => expect(await statusOf('/key')).toBe(200), 10_000);
  expect(stateOf('Redis')).toBe('closed');
});
