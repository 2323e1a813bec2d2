import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { pino } from 'pino';
import { OverloadError } from '../../../app/kit/problem.ts';
import { readPool } from '../../../app/kit/replicas.ts';

const log = pino({ level: 'silent' });

/** A pool that remembers how often it was asked and fails while it is down. */
function fakePool(name: string) {
  const fake = {
    down: false,
    asked: 0,
    options: {},
    connect: async () => {
      fake.asked += 1;
      if (fake.down) throw new Error(`${name} is down`);
      return { name } as unknown as PostgresPoolClient;
    },
    end: async () => {},
  };
  return fake;
}

const serverOf = async (pool: PostgresPool) => ((await pool.connect()) as unknown as { name: string }).name;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('reads take turns among the replicas', async () => {
  const pool = readPool([fakePool('a'), fakePool('b')], fakePool('primary'), log);
  const servers = [await serverOf(pool), await serverOf(pool), await serverOf(pool), await serverOf(pool)];
  expect(servers.toSorted()).toEqual(['a', 'a', 'b', 'b']);
});

test('without replicas the primary is read', async () => {
  expect(await serverOf(readPool([], fakePool('primary'), log))).toBe('primary');
});

test('a read whose replica is down goes to another, and to the primary when all are down', async () => {
  const [a, b] = [fakePool('a'), fakePool('b')];
  const pool = readPool([a, b], fakePool('primary'), log);
  a.down = true;
  expect([await serverOf(pool), await serverOf(pool), await serverOf(pool)]).toEqual(['b', 'b', 'b']);
  b.down = true;
  expect([await serverOf(pool), await serverOf(pool)]).toEqual(['primary', 'primary']);
});

test('a replica that is down is asked again only after a rest, and by one read at a time', async () => {
  const replica = fakePool('a');
  const pool = readPool([replica], fakePool('primary'), log);
  replica.down = true;
  for (let i = 0; i < 10; i += 1) await serverOf(pool);
  expect(replica.asked).toBe(1);

  jest.advanceTimersByTime(5_000);
  await Promise.all([serverOf(pool), serverOf(pool), serverOf(pool)]);
  expect(replica.asked).toBe(2);
});

test('a replica that is back is read again', async () => {
  const replica = fakePool('a');
  const pool = readPool([replica], fakePool('primary'), log);
  replica.down = true;
  await serverOf(pool);
  replica.down = false;
  jest.advanceTimersByTime(5_000);
  expect([await serverOf(pool), await serverOf(pool)]).toEqual(['a', 'a']);
});

test('a replica that is overloaded is not taken for one that is down: the primary is spared', async () => {
  const [replica, primary] = [fakePool('a'), fakePool('primary')];
  const pool = readPool([replica], primary, log);
  replica.connect = async () => Promise.reject(new OverloadError('All connections are at work', undefined));
  await expect(pool.connect()).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  replica.connect = fakePool('a').connect;
  expect([await serverOf(pool), primary.asked]).toEqual(['a', 0]);
});
