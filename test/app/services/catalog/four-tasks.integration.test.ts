import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import pg from 'pg';
import type { RedisConfig } from '../../../../app/kit/config.ts';
import { keyOf, perAddress } from '../../../../app/kit/limit.ts';
import { connectRedis } from '../../../../app/kit/redis.ts';
import type { Task } from '../../../../app/kit/task.ts';
import { seedCatalogue } from '../../../../app/services/catalog/seed/seed.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { eventually } from '../../../support/eventually.ts';
import { readFilms } from '../../../support/films.ts';
import { silentTask } from '../../../support/task.ts';
import type { Order } from './fixtures/task.ts';

let served: TestDatabase<'catalog'>;
const tasks: ChildProcess[] = [];
let own: Task<RedisConfig>;
let operator: Redis;

/** Counts each query of the products, in PostgreSQL: a CTE that is materialized runs once for a query. */
const counting = `
  ALTER TABLE catalog.products RENAME TO stored_products;
  CREATE SEQUENCE catalog.reads MINVALUE 0;
  GRANT USAGE ON SEQUENCE catalog.reads TO catalog;
  CREATE VIEW catalog.products AS
    WITH counted AS MATERIALIZED (SELECT nextval('catalog.reads'))
    SELECT stored_products.* FROM catalog.stored_products CROSS JOIN counted;
  GRANT SELECT ON catalog.products TO catalog;
  SELECT nextval('catalog.reads')`;
const queries = async () =>
  Number((await adminQuery(served, 'SELECT last_value FROM catalog.reads'))[0]?.['last_value']);

beforeAll(async () => {
  served = await createDatabase('catalog');
  const client = new pg.Client(served.admin);
  await client.connect();
  await seedCatalogue(client, readFilms());
  await client.query(counting);
  await client.end();
  const redis = process.env['TEST_REDIS'] ?? '';
  const password = process.env['TEST_REDIS_AUTH'] ?? '';
  const config = {
    ...served.config.catalog,
    DATABASE_REPLICAS: '',
    REDIS_ENDPOINT: redis,
    REDIS_USER: 'default',
    REDIS_PASSWORD: password,
    CACHE_ENDPOINT: redis,
    CACHE_USER: 'default',
    CACHE_PASSWORD: password,
  };
  own = silentTask(config);
  operator = connectRedis(own);
  const env = { ...process.env, CATALOG_CONFIG: JSON.stringify(config) };
  const execArgv = ['--import', join(import.meta.dirname, '../../../support/trust.ts')];
  for (let i = 0; i < 4; i += 1) tasks.push(fork(join(import.meta.dirname, 'fixtures/task.ts'), { env, execArgv }));
  await Promise.all(tasks.map((task) => once(task, 'message')));
});
afterAll(async () => {
  const exits = tasks.map((task) => once(task, 'exit'));
  for (const task of tasks) task.disconnect();
  await Promise.all(exits);
  await own.stop();
  await served.drop();
});

/** Sends requests in all four processes at once, and returns how many responses have each status. */
async function sendAll(url: string, order: Partial<Order> = {}): Promise<Record<string, number>> {
  const responses = await Promise.all(
    tasks.map(async (task) => {
      const responded = once(task, 'message');
      task.send({ headers: {}, count: 1, concurrent: 200, afterMs: 0, ...order, url } satisfies Order);
      return (await responded) as [Record<string, number>];
    }),
  );
  const sums: Record<string, number> = {};
  for (const [statuses] of responses)
    for (const [status, count] of Object.entries(statuses)) sums[status] = (sums[status] ?? 0) + count;
  return sums;
}

test('100,000 requests for the cold home page over four processes are one query, and one more when it has expired', async () => {
  const before = await queries();
  expect(await sendAll('/', { count: 25_000 })).toEqual({ 200: 100_000 });
  expect((await queries()) - before).toBe(1);
  expect(await sendAll('/', { count: 25_000, afterMs: 3_600_000 })).toEqual({ 200: 100_000 });
  await eventually(async () => expect((await queries()) - before).toBe(2));
});

test('of 4,000 requests of an address over four processes, exactly as many pass as its limit says', async () => {
  const headers = { 'cloudfront-viewer-address': '198.51.100.1:443' };
  expect(await sendAll('/api/flags', { count: 1_000, headers })).toEqual({ 200: 1_000, 429: 3_000 });
});

/** As if time had passed until the oldest request leaves the window in `ARGV[1]` us: returns the times of all, newest first. */
const age = `
local time = redis.call('TIME')
local times = redis.call('LRANGE', KEYS[1], 0, -1)
local passed = times[#times] + 60000000 - (time[1] * 1000000 + time[2]) - ARGV[1]
for i, each in ipairs(times) do redis.call('LSET', KEYS[1], i - 1, string.format('%.0f', each - passed)) end
return redis.call('LRANGE', KEYS[1], 0, -1)`;

test('around the end of a minute, no minute has more requests of an address over four processes than its limit', async () => {
  const client = '198.51.100.2';
  const key = keyOf({ limit: perAddress, client });
  const headers = { 'cloudfront-viewer-address': `${client}:443` };
  const send = async (count: number) => (await sendAll('/api/flags', { count, headers }))[200] ?? 0;
  expect(await send(150)).toBe(600);
  await operator.eval(age, 1, key, 20_000_000);
  expect(await send(200)).toBe(400);
  const before = (await operator.eval(age, 1, key, 200_000)) as string[];
  let passed = 0;
  while (passed < 600) passed += await send(100);
  passed += await send(100);
  expect(passed).toBe(600);
  // The list has the last 1,000 requests; those before are the first 600.
  const times = [...(await operator.lrange(key, 0, -1)), ...before.slice(400)].map(Number).toReversed();
  expect(times).toHaveLength(1_600);
  for (let i = 1_000; i < times.length; i += 1)
    expect(times[i]! - times[i - 1_000]!).toBeGreaterThanOrEqual(60_000_000);
});
