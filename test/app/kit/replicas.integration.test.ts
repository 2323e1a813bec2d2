import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { PostgresPool } from 'kysely';
import { pino } from 'pino';
import { createBreakers } from '../../../app/kit/breaker.ts';
import { createDatabaseBreaker, createPool } from '../../../app/kit/database-pool.ts';
import { createReplicaPool } from '../../../app/kit/replicas.ts';
import { freePort } from '../../../local/host/free-port.ts';
import { serverCertificate } from '../../../local/host/tls.ts';
import { postgresParameters } from '../../../lib/constructs/postgres-parameters.ts';
import { startReplica } from '../../../local/resources/rds/postgres-replica.ts';
import { asAdmin, startPostgres, type Postgres, type PostgresOptions } from '../../../local/resources/rds/postgres.ts';
import { eventually } from '../../support/eventually.ts';

// It starts servers of its own: what it does to the replica would disturb other tests.

const log = pino({ level: 'silent' });
const password = 'reader-password';
const trusted = getCACertificates('default');
let dir: string;
let options: Record<'primary' | 'replica', PostgresOptions>;
let primary: Postgres;
let replica: Postgres;
const pools: PostgresPool[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headroom-replicas-'));
  const tls = await serverCertificate(join(dir, 'tls'));
  // Without the authority of the run's servers, which has the same name.
  setDefaultCACertificates([...getCACertificates('bundled'), tls.ca]);
  const common = { tls, log: new PassThrough().resume(), durable: false, settings: settingsFor(20) };
  options = {
    primary: { ...common, dir: join(dir, 'primary'), port: await freePort() },
    replica: { ...common, dir: join(dir, 'replica'), port: await freePort() },
  };
  primary = await startPostgres(options.primary);
  replica = await startReplica(options.replica, primary);
  await query(primary, `CREATE ROLE reader LOGIN PASSWORD '${password}'`);
  await query(primary, 'CREATE TABLE notes (id int)');
});
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.end())));
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await replica.stop();
  await primary.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The parameters of an instance, but those that only RDS has. */
const settingsFor = (maxConnections: number): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(postgresParameters(maxConnections)).filter(([name]) => !name.startsWith('rds.')),
  ),
  wal_receiver_status_interval: '1s',
});
const query = (server: Postgres, sql: string) => asAdmin(server, (client) => client.query(sql));
const write = () => query(primary, 'INSERT INTO notes VALUES (1)');

function poolOf(server: Postgres): PostgresPool {
  const address = `localhost:${server.port}`;
  const config = {
    DATABASE_NAME: 'postgres',
    DATABASE_POOL_SIZE: 5,
    DATABASE_USER: 'reader',
    DATABASE_PASSWORD: password,
  };
  const pool = createPool(
    address,
    { ...config, DATABASE_PRIMARY: address, DATABASE_REPLICAS: '' },
    log,
    createDatabaseBreaker(createBreakers(log), 'The database'),
  );
  pools.push(pool);
  return pool;
}

/** Returns a function that reads once and returns the server that responded. */
function createReader(): () => Promise<string> {
  const pool = createReplicaPool([poolOf(replica)], poolOf(primary), log, { maxLagMs: 500 });
  return async () => {
    const client = await pool.connect();
    try {
      const { rows } = await client.query<{ port: number }>('SELECT inet_server_port() AS port', []);
      return rows[0]?.port === replica.port ? 'replica' : 'primary';
    } finally {
      client.release();
    }
  };
}

/** Reads until `server` responds; `meanwhile` runs before each read. */
const readsReach = (read: () => Promise<string>, server: string, meanwhile = async (): Promise<unknown> => undefined) =>
  eventually(async () => {
    await meanwhile();
    expect(await read()).toBe(server);
  });

test('the replica of a primary that is idle, or writes one long transaction, does not lag', async () => {
  const read = createReader();
  await readsReach(read, 'replica');
  for (let i = 0; i < 25; i += 1) {
    await sleep(100);
    expect(await read()).toBe('replica');
  }
  await asAdmin(primary, async (client) => {
    await client.query('BEGIN');
    for (let i = 0; i < 25; i += 1) {
      await client.query('INSERT INTO notes SELECT generate_series(1, 100)');
      await sleep(100);
      expect(await read()).toBe('replica');
    }
    await client.query('ROLLBACK');
  });
});

test('a replica that lags is not read until it has caught up', async () => {
  const read = createReader();
  await readsReach(read, 'replica');
  await query(replica, 'SELECT pg_wal_replay_pause()');
  await readsReach(read, 'primary', write);
  await query(replica, 'SELECT pg_wal_replay_resume()');
  await readsReach(read, 'replica');
});

test('a replica that paused since its primary accepts more connections is not read until it does so too', async () => {
  const read = createReader();
  await readsReach(read, 'replica');
  const settings = settingsFor(30);
  await primary.stop();
  primary = await startPostgres({ ...options.primary, settings });
  await readsReach(read, 'primary', write);
  await replica.stop();
  replica = await startReplica({ ...options.replica, settings }, primary);
  await readsReach(read, 'replica');
});

test('a replica is read while the primary is down', async () => {
  const read = createReader();
  await readsReach(read, 'replica');
  await write();
  await primary.stop();
  for (let i = 0; i < 25; i += 1) {
    await sleep(100);
    expect(await read()).toBe('replica');
  }
  primary = await startPostgres({ ...options.primary, settings: settingsFor(30) });
});

test('a long read on a replica does not keep vacuum on the primary from removing rows', async () => {
  await query(primary, 'CREATE TABLE removed AS SELECT generate_series(1, 10000) AS id');
  await eventually(() => query(replica, 'SELECT FROM removed LIMIT 1'));
  await asAdmin(replica, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SELECT count(*) FROM removed');
    await query(primary, 'DELETE FROM removed');
    // With feedback, the replica would report what it still reads every second.
    await sleep(2_500);
    await query(primary, 'VACUUM removed');
    const { rows } = await query(primary, "SELECT pg_relation_size('removed')::int AS size");
    expect(rows).toEqual([{ size: 0 }]);
    await client.query('ROLLBACK');
  });
});

test('a server that accepts no more connections is an overload, and its reads do not move to the primary', async () => {
  const limit = (connections: number) => query(primary, `ALTER ROLE reader CONNECTION LIMIT ${connections}`);
  await limit(1);
  const others = await Promise.all([poolOf(primary), poolOf(replica)].map((pool) => pool.connect()));
  const overload = { name: 'OverloadError', status: 503, headers: { 'retry-after': '1' }, cause: { code: '53300' } };
  // The limit has to reach the replica first.
  const refused = async () => (await poolOf(replica).connect()).release();
  await eventually(() => expect(refused()).rejects.toMatchObject(overload));
  await expect(createReader()()).rejects.toMatchObject(overload);
  await expect(poolOf(primary).connect()).rejects.toMatchObject(overload);
  for (const client of others) client.release();
  await limit(-1);
});

test('a replica that was promoted is no longer read', async () => {
  const read = createReader();
  await readsReach(read, 'replica');
  await query(replica, 'SELECT pg_promote()');
  await readsReach(read, 'primary');
  await sleep(1_500);
  expect(await read()).toBe('primary');
});
