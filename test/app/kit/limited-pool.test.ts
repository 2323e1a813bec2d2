import { mock } from 'node:test';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { limitPool } from '../../../app/kit/limited-pool.ts';

beforeEach(() => mock.timers.enable());
afterEach(() => mock.timers.reset());

const poolOf = (connect: () => Promise<PostgresPoolClient>): PostgresPool => ({
  options: {},
  connect,
  end: async () => {},
});
const client = { query: () => {}, release: () => {} } as unknown as PostgresPoolClient;

test('a released connection goes to the one that has waited longest', async () => {
  const pool = limitPool(
    poolOf(async () => client),
    1,
  );
  const first = await pool.connect();
  const order: string[] = [];
  const waiting = ['second', 'third'].map(async (name) => {
    const next = await pool.connect();
    order.push(name);
    next.release();
  });
  first.release();
  await Promise.all(waiting);
  expect(order).toEqual(['second', 'third']);
});

test('a caller that waits for more than 3 s gets a 503, and its turn goes to the next one', async () => {
  const pool = limitPool(
    poolOf(async () => client),
    1,
  );
  const first = await pool.connect();
  const late = expect(pool.connect()).rejects.toMatchObject({ name: 'OverloadError', status: 503 });
  mock.timers.tick(3_000);
  await late;
  const next = pool.connect();
  first.release();
  (await next).release();
  (await pool.connect()).release();
});

test('a connection that cannot be made is not counted', async () => {
  const pool = limitPool(
    poolOf(async () => Promise.reject(new Error('down'))),
    1,
  );
  await expect(pool.connect()).rejects.toThrow('down');
  await expect(pool.connect()).rejects.toThrow('down');
});
