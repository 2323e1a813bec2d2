import { mock } from 'node:test';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { pino } from 'pino';
import { OverloadError } from '../../../app/kit/problem.ts';
import { createReplicaPool } from '../../../app/kit/replicas.ts';

const log = pino({ level: 'silent' });

/** A pool that counts its connections and its queries, and fails while it is down. */
function fakePool(name: string) {
  const fake = {
    down: false,
    attempts: 0,
    queries: 0,
    released: 0,
    /** What a replica responds to its check. */
    state: async (): Promise<object> => ({ standby: true, late: false }),
    options: {},
    connect: async () => {
      fake.attempts += 1;
      if (fake.down) throw new Error(`${name} is down`);
      const query = async () => {
        fake.queries += 1;
        return { rows: [await fake.state()] };
      };
      return { name, query, release: () => (fake.released += 1) } as unknown as PostgresPoolClient;
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

test('the reads of a replica that is down spread over all others', async () => {
  const [a, b, c] = [fakePool('a'), fakePool('b'), fakePool('c')];
  const pool = createReplicaPool([a, b, c], fakePool('primary'), log);
  a.down = true;
  const servers: string[] = [];
  for (let i = 0; i < 12; i += 1) servers.push(await serverOf(pool));
  const counts = ['b', 'c'].map((name) => servers.filter((server) => server === name).length);
  expect(Math.abs((counts[0] ?? 0) - (counts[1] ?? 0))).toBeLessThanOrEqual(2);
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
  expect(await serverOf(pool)).toBe('a');
});

test.each([
  ['was promoted', { standby: false, late: false }],
  ['lags', { standby: true, late: true }],
])('a replica that %s is not read, and is read again when that is over', async (_what, state) => {
  const [a, b, primary] = [fakePool('a'), fakePool('b'), fakePool('primary')];
  const pool = createReplicaPool([a, b], primary, log);
  a.state = async () => state;
  expect([await serverOf(pool), await serverOf(pool), await serverOf(pool)]).toEqual(['b', 'b', 'b']);
  expect(a.released).toBe(1);
  mock.timers.tick(1_000);
  b.state = async () => state;
  expect([await serverOf(pool), await serverOf(pool)]).toEqual(['primary', 'primary']);

  [a.state, b.state] = [fakePool('').state, fakePool('').state];
  mock.timers.tick(5_000);
  expect([await serverOf(pool), await serverOf(pool)].toSorted()).toEqual(['a', 'b']);
});

test('a replica is checked once a second, however many reads it gets', async () => {
  const replica = fakePool('a');
  const pool = createReplicaPool([replica], fakePool('primary'), log);
  await Promise.all([serverOf(pool), serverOf(pool), serverOf(pool)]);
  await serverOf(pool);
  expect(replica.queries).toBe(1);
  mock.timers.tick(1_000);
  await serverOf(pool);
  expect(replica.queries).toBe(2);
});

test('reads do not wait for a primary that does not respond', async () => {
  const [replica, primary] = [fakePool('a'), fakePool('primary')];
  primary.connect = () => new Promise(() => {});
  const pool = createReplicaPool([replica], primary, log);
  expect(await serverOf(pool)).toBe('a');
  mock.timers.tick(1_000);
  expect(await serverOf(pool)).toBe('a');
});

test('a replica that is overloaded during its check keeps its reads', async () => {
  const [replica, primary] = [fakePool('a'), fakePool('primary')];
  const pool = createReplicaPool([replica], primary, log);
  replica.state = async () => Promise.reject(new OverloadError('Out of memory', undefined));
  await expect(pool.connect()).rejects.toMatchObject({ status: 503 });
  replica.state = fakePool('').state;
  expect([await serverOf(pool), replica.released]).toEqual(['a', 1]);
});
