import { mock } from 'node:test';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { pino } from 'pino';
import { OverloadError } from '../../../app/kit/problem.ts';
import { createReplicaPool } from '../../../app/kit/replicas.ts';

const log = pino({ level: 'silent' });

/** A pool that counts its connections and fails while it is down. */
function fakePool(name: string) {
  const fake = {
    down: false,
    attempts: 0,
    options: {},
    connect: async () => {
      fake.attempts += 1;
      if (fake.down) throw new Error(`${name} is down`);
      return { name } as unknown as PostgresPoolClient;
    },
    end: async () => {},
  };
  return fake;
}

const serverOf = async (pool: PostgresPool) => ((await pool.connect()) as unknown as { name: string }).name;

beforeEach(() => mock.timers.enable());
afterEach(() => mock.timers.reset());

test('reads rotate over the replicas', async () => {
  const pool = createReplicaPool([fakePool('a'), fakePool('b')], fakePool('primary'), log);
  const servers = [await serverOf(pool), await serverOf(pool), await serverOf(pool), await serverOf(pool)];
  expect(servers.toSorted()).toEqual(['a', 'a', 'b', 'b']);
});

test('without replicas, reads go to the primary', async () => {
  expect(await serverOf(createReplicaPool([], fakePool('primary'), log))).toBe('primary');
});

test('reads of a replica that is down go to another one, and to the primary when all are down', async () => {
  const [a, b] = [fakePool('a'), fakePool('b')];
  const pool = createReplicaPool([a, b], fakePool('primary'), log);
  a.down = true;
  expect([await serverOf(pool), await serverOf(pool), await serverOf(pool)]).toEqual(['b', 'b', 'b']);
  b.down = true;
  expect([await serverOf(pool), await serverOf(pool)]).toEqual(['primary', 'primary']);
});

test('a replica that is down is tried again after 5 s, by one read at a time', async () => {
  const replica = fakePool('a');
  const pool = createReplicaPool([replica], fakePool('primary'), log);
  replica.down = true;
  for (let i = 0; i < 10; i += 1) await serverOf(pool);
  expect(replica.attempts).toBe(1);

  mock.timers.tick(5_000);
  await Promise.all([serverOf(pool), serverOf(pool), serverOf(pool)]);
  expect(replica.attempts).toBe(2);
});

test('a replica that recovered is read again', async () => {
  const replica = fakePool('a');
  const pool = createReplicaPool([replica], fakePool('primary'), log);
  replica.down = true;
  await serverOf(pool);
  replica.down = false;
  mock.timers.tick(5_000);
  expect([await serverOf(pool), await serverOf(pool)]).toEqual(['a', 'a']);
});

test('reads of an overloaded replica fail and do not move to the primary', async () => {
  const [replica, primary] = [fakePool('a'), fakePool('primary')];
  const pool = createReplicaPool([replica], primary, log);
  replica.connect = async () => Promise.reject(new OverloadError('All connections are in use', undefined));
  await expect(pool.connect()).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  replica.connect = fakePool('a').connect;
  expect([await serverOf(pool), primary.attempts]).toEqual(['a', 0]);
});
