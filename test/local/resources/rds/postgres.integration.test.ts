import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import pg from 'pg';
import { freePort } from '../../../../local/host/free-port.ts';
import { provideMaster } from '../../../../local/resources/rds/postgres-master.ts';
import { replicaLagMs, startReplica } from '../../../../local/resources/rds/postgres-replica.ts';
import {
  asAdmin,
  startPostgres,
  type Postgres,
  type PostgresOptions,
} from '../../../../local/resources/rds/postgres.ts';
import { serverCertificate, type Tls } from '../../../../local/host/tls.ts';
import { eventually } from '../../../support/eventually.ts';

// Each test starts servers.

let dir: string;
let tls: Tls;
let options: PostgresOptions;
let primary: Postgres;
const logText: string[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headroom-postgres-'));
  tls = await serverCertificate(join(dir, 'tls'));
  const log = new PassThrough().on('data', (chunk: Buffer) => logText.push(chunk.toString()));
  options = { dir: join(dir, 'servers/primary'), port: await freePort(), tls, log, durable: false };
  primary = await startPostgres(options);
  await query(primary, 'create table notes (id int generated always as identity, body text)');
});
afterAll(async () => {
  await primary.stop();
  await rm(dir, { recursive: true, force: true });
});

const query = async (server: Postgres, sql: string) =>
  asAdmin(server, async (client) => (await client.query(sql)).rows);
const bodies = async (server: Postgres) =>
  (await query(server, 'select body from notes order by id')).map(({ body }) => body);
const write = async (body: string) => query(primary, `insert into notes (body) values ('${body}')`);
const replicaOptions = async (name: string): Promise<PostgresOptions> => ({
  ...options,
  dir: join(dir, name),
  port: await freePort(),
});

test('only the owner can read the data directory and the key, and can enter the parent directories', async () => {
  const mode = async (path: string) => ((await stat(join(primary.dataDir, path))).mode & 0o777).toString(8);
  const usual = (0o777 & ~process.umask()).toString(8);
  expect([await mode('../..'), await mode('.'), await mode('server.key')]).toEqual([usual, '700', '600']);
});

test('a connection without TLS is refused', async () => {
  const client = new pg.Client({ ...primary.admin, ssl: false });
  await expect(client.connect()).rejects.toThrow('no encryption');
});

test('a client that does not trust the certificate refuses to connect', async () => {
  const client = new pg.Client({ ...primary.admin, ssl: { ca: [] } });
  await expect(client.connect()).rejects.toThrow(/certificate/);
});

test('the master user may create roles, owns the database, and is not a superuser', async () => {
  const master = { user: 'shop_admin', password: "it's a secret" };
  await provideMaster(primary, { ...master, password: 'previous' }, 'shop');
  await provideMaster(primary, master, 'shop');
  const client = new pg.Client({ ...primary.admin, ...master, database: 'shop' });
  await client.connect();
  await client.query('create role reader login');
  await client.query('create schema reader');
  await expect(client.query('alter system set work_mem = 1')).rejects.toThrow('permission denied');
  await client.end();
});

test('a replica has the rows written before and after its creation, and is read-only', async () => {
  await write('before');
  const replica = await startReplica(await replicaOptions('follows'), primary);
  await write('after');
  await eventually(async () => expect(await bodies(replica)).toEqual(expect.arrayContaining(['before', 'after'])));
  await eventually(async () => expect(await replicaLagMs(replica)).toBe(0));
  await expect(query(replica, 'create table t (a int)')).rejects.toThrow('read-only');
  await replica.stop();
});

test('a replica whose replay is paused is behind, also if it has replayed nothing since its start', async () => {
  const replica = await startReplica(await replicaOptions('late'), primary);
  await query(replica, 'select pg_wal_replay_pause()');
  await write('not replayed');
  await eventually(async () => expect(await replicaLagMs(replica)).toBeGreaterThan(0));
  await query(replica, 'select pg_wal_replay_resume()');
  await eventually(async () => expect(await replicaLagMs(replica)).toBe(0));
  await replica.stop();
});

test('a stopped replica continues where it stopped', async () => {
  const mine = await replicaOptions('pauses');
  const first = await startReplica(mine, primary);
  await writeFile(join(first.dataDir, 'same-copy'), '');
  await first.stop();
  await write('while it was down');
  const second = await startReplica(mine, primary);
  await eventually(async () => expect(await bodies(second)).toContain('while it was down'));
  await expect(stat(join(second.dataDir, 'same-copy'))).resolves.toBeDefined();
  await second.stop();
});

test('a replica is copied again if the primary no longer has the WAL that it missed', async () => {
  const mine = await replicaOptions('too-late');
  const first = await startReplica(mine, primary);
  await writeFile(join(first.dataDir, 'old-copy'), '');
  await first.stop();
  await query(primary, "select pg_drop_replication_slot('replica_too_late')");
  await write('missed');
  const second = await startReplica(mine, primary);
  await eventually(async () => expect(await bodies(second)).toContain('missed'));
  await expect(stat(join(second.dataDir, 'old-copy'))).rejects.toThrow('ENOENT');
  await second.stop();
});

test('a replica that was promoted is copied again, without what was written to it', async () => {
  const mine = await replicaOptions('promoted');
  const first = await startReplica(mine, primary);
  await query(first, 'select pg_promote()');
  await query(first, "insert into notes (body) values ('elsewhere')");
  expect(await replicaLagMs(first)).toBeNull();
  await first.stop();
  await write('after the promotion');
  const second = await startReplica(mine, primary);
  await eventually(async () => expect(await bodies(second)).toEqual(await bodies(primary)));
  expect(await bodies(second)).not.toContain('elsewhere');
  await second.stop();
});

test('a replica of another cluster is copied again', async () => {
  const mine = await replicaOptions('of-another');
  const otherOptions = await replicaOptions('other-primary');
  const other = await startPostgres(otherOptions);
  await (await startReplica(mine, other)).stop();
  await other.stop();
  const replica = await startReplica(mine, primary);
  expect(await bodies(replica)).toEqual(await bodies(primary));
  await replica.stop();
});

test('after a kill -9 of the server, the next start recovers committed rows, and the replica catches up', async () => {
  const replica = await startReplica(await replicaOptions('survivor'), primary);
  await write('committed');
  process.kill(primary.pid, 'SIGKILL');
  await primary.exited;
  await eventually(async () => expect(await replicaLagMs(replica)).toBeNull());
  primary = await startPostgres(options);
  expect(await bodies(primary)).toContain('committed');
  await write('after recovery');
  await eventually(async () => expect(await bodies(replica)).toContain('after recovery'));
  await replica.stop();
});

test('the next start ends a server that a killed runtime left running, and ignores a pid file of another process', async () => {
  const left = primary;
  primary = await startPostgres(options);
  await left.exited;
  expect(primary.pid).not.toBe(left.pid);
  await primary.stop();
  // The pid of a running process that is not PostgreSQL, as after a reboot.
  await writeFile(join(primary.dataDir, 'postmaster.pid'), `${process.pid}\n`);
  primary = await startPostgres(options);
  expect(await bodies(primary)).toContain('committed');
});

test('the error of a failed start contains the output of the server', async () => {
  const mine = { ...(await replicaOptions('broken')), settings: { shared_buffers: 'much' } };
  await expect(startPostgres(mine)).rejects.toThrow(/invalid value for parameter "shared_buffers": "much"/);
});

test('a port in use is reported', async () => {
  const mine = { ...(await replicaOptions('no-port')), port: options.port };
  await expect(startPostgres(mine)).rejects.toThrow(/Address already in use/);
});
