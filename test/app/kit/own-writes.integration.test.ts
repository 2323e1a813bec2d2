import { randomUUID } from 'node:crypto';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sql } from 'kysely';
import type { App } from '../../../app/kit/app.ts';
import { connectDatabase } from '../../../app/kit/database.ts';
import { positionOf } from '../../../app/kit/own-writes.ts';
import { connectRedis } from '../../../app/kit/redis.ts';
import { createServer } from '../../../app/kit/server.ts';
import { createSessionStore } from '../../../app/kit/session-store.ts';
import { requireUser, sessions } from '../../../app/kit/sessions.ts';
import type { Task } from '../../../app/kit/task.ts';
import { freePort } from '../../../local/host/free-port.ts';
import { serverCertificate } from '../../../local/host/tls.ts';
import { tokenAccess } from '../../../local/resources/elasticache/redis-access.ts';
import { startRedis, type RedisServer } from '../../../local/resources/elasticache/redis.ts';
import { startReplica } from '../../../local/resources/rds/postgres-replica.ts';
import { asAdmin, startPostgres, type Postgres } from '../../../local/resources/rds/postgres.ts';
import { eventually } from '../../support/eventually.ts';
import { allowSignIn } from '../../support/sign-in.ts';
import { silentTask } from '../../support/task.ts';

// A primary, two streaming replicas and Redis of its own, and two tasks of a service that share the sessions.

interface Tables {
  notes: { owner: string; id: number };
}
type Server = 'primary' | 'a' | 'b';

const password = 'password-of-the-test';
const trusted = getCACertificates('default');
let dir: string;
let redisServer: RedisServer;
let servers: Record<Server, Postgres>;
let tasks: Task<unknown>[];
let apps: [App, App];
const poolSize = 4;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headroom-own-writes-'));
  const tls = await serverCertificate(join(dir, 'tls'));
  setDefaultCACertificates([...getCACertificates('bundled'), tls.ca]);
  const log = new PassThrough().resume();
  const of = async (name: string) => ({ tls, log, durable: false, dir: join(dir, name), port: await freePort() });
  redisServer = await startRedis({ ...(await of('redis')), access: tokenAccess(password) });
  const primary = await startPostgres(await of('primary'));
  servers = {
    primary,
    a: await startReplica(await of('a'), primary),
    b: await startReplica(await of('b'), primary),
  };
  await query('primary', `CREATE ROLE shop LOGIN PASSWORD '${password}'`);
  await query('primary', 'CREATE TABLE notes (owner text, id int); GRANT ALL ON notes TO shop');
  const [one, two] = [startTask(), startTask()];
  tasks = [one.task, two.task];
  apps = [one.app, two.app];
  await eventually(() => query('a', 'SELECT FROM notes'));
  await eventually(() => query('b', 'SELECT FROM notes'));
  await eventually(async () => expect((await apps[0].inject('/ready')).statusCode).toBe(200));
  await eventually(async () => expect((await apps[1].inject('/ready')).statusCode).toBe(200));
});

afterAll(async () => {
  setDefaultCACertificates(trusted);
  for (const task of tasks) await task.stop();
  for (const server of [servers.a, servers.b, servers.primary, redisServer]) await server.stop();
  await rm(dir, { recursive: true, force: true });
});

function query(server: Server, text: string) {
  return asAdmin(servers[server], (client) => client.query<Record<string, never>>(text));
}

const addressOf = (server: Server) => `localhost:${servers[server].port}`;

function startTask(): { task: Task<unknown>; app: App } {
  const task = silentTask({
    DATABASE_PRIMARY: addressOf('primary'),
    DATABASE_REPLICAS: `${addressOf('a')},${addressOf('b')}`,
    DATABASE_NAME: 'postgres',
    DATABASE_POOL_SIZE: poolSize,
    DATABASE_USER: 'shop',
    DATABASE_PASSWORD: password,
    REDIS_ENDPOINT: `localhost:${redisServer.port}`,
    REDIS_USER: 'default',
    REDIS_PASSWORD: password,
  });
  const database = connectDatabase<Tables>(task);
  const redis = connectRedis(task);
  const app: App = createServer({ name: 'test' });
  void app.register(
    sessions({ redis, sessionSecret: 's'.repeat(32), findKeyOwner: async (id) => ({ id, email: 'ada@example.com' }) }),
  );
  app.get('/ready', async () => redis.ping());
  app.post('/notes/:id', async (request) => {
    const note = { owner: requireUser(request).id, id: Number((request.params as { id: string }).id) };
    await database.transaction((tx) => tx.insertInto('notes').values(note).execute());
    return {};
  });
  app.put('/notes/:id', async (request) => {
    const note = { owner: requireUser(request).id, id: Number((request.params as { id: string }).id) };
    await database.primary.insertInto('notes').values(note).execute();
    return {};
  });
  app.get('/notes', async (request) => {
    const { rows } = await sql<{ newest: number; port: number }>`
      SELECT coalesce(max(id), 0) AS newest, inet_server_port() AS port FROM notes
      WHERE owner = ${(request.keyOwner ?? request.session?.user)?.id ?? ''}`.execute(database.replica);
    return rows[0];
  });
  app.get('/slow', async () => sql`SELECT pg_sleep(0.3)`.execute(database.replica));
  // Before the first request, which ends the registration of routes.
  Object.assign(app, { testSignIn: allowSignIn(app) });
  return { task, app };
}

/** The headers that identify a client. */
type Headers = Record<string, string>;

/** Signs a new user in through the first task. */
async function signIn(): Promise<Headers> {
  const { testSignIn } = apps[0] as unknown as { testSignIn: ReturnType<typeof allowSignIn> };
  return { cookie: await testSignIn({ id: randomUUID(), email: 'ada@example.com' }) };
}

async function write(client: Headers, id: number, method: 'POST' | 'PUT' = 'POST'): Promise<void> {
  const { statusCode } = await apps[0].inject({ method, url: `/notes/${id}`, headers: client });
  expect(statusCode).toBe(200);
}

/** Reads `times` times through the second task; returns the newest notes seen and the statements per server. */
async function read(times: number, client: Headers = {}) {
  const seen = new Set<number>();
  const counts: Record<Server, number> = { primary: 0, a: 0, b: 0 };
  for (let i = 0; i < times; i += 1) {
    const response = await apps[1].inject({ url: '/notes', headers: client });
    expect(response.statusCode).toBe(200);
    const { newest, port } = response.json<{ newest: number; port: number }>();
    seen.add(newest);
    counts[(Object.keys(servers) as Server[]).find((name) => servers[name].port === port) as Server] += 1;
  }
  return { seen: [...seen], counts };
}

const pause = (server: Server) => query(server, 'SELECT pg_wal_replay_pause()');
const resume = (server: Server) => query(server, 'SELECT pg_wal_replay_resume()');

/** Resolves once the reads of a session go to both replicas evenly. */
const readsBothReplicas = (client?: Headers) =>
  eventually(async () => expect((await read(10, client)).counts).toEqual({ primary: 0, a: 5, b: 5 }));

test('reads are balanced over the replicas', async () => {
  await readsBothReplicas();
  expect((await read(200)).counts).toEqual({ primary: 0, a: 100, b: 100 });
});

test('a session reads each of its writes through another task, and returns to the replicas', async () => {
  const client = await signIn();
  for (let id = 1; id <= 200; id += 1) {
    await write(client, id, id % 2 === 0 ? 'PUT' : 'POST');
    expect((await read(1, client)).seen).toEqual([id]);
  }
  await readsBothReplicas(client);
});

test.each(['POST', 'PUT'] as const)(
  'while one replica has paused, a session reads its write (%s) on the other, and others read both',
  async (method) => {
    const client = await signIn();
    await readsBothReplicas();
    await pause('a');
    await write(client, 7, method);
    await eventually(async () => expect((await read(1, client)).counts.b).toBe(1));
    expect(await read(40, client)).toEqual({ seen: [7], counts: { primary: 0, a: 0, b: 40 } });
    expect((await read(40)).counts).toEqual({ primary: 0, a: 20, b: 20 });
    await resume('a');
    await readsBothReplicas(client);
  },
);

test('while both replicas have paused, a session reads its write on the primary, and others read the replicas', async () => {
  const client = await signIn();
  await readsBothReplicas();
  await Promise.all([pause('a'), pause('b')]);
  await write(client, 7);
  expect(await read(40, client)).toEqual({ seen: [7], counts: { primary: 40, a: 0, b: 0 } });
  expect((await read(40)).counts).toEqual({ primary: 0, a: 20, b: 20 });
  expect((await read(40, await signIn())).counts).toEqual({ primary: 0, a: 20, b: 20 });
  await Promise.all([resume('a'), resume('b')]);
  await readsBothReplicas(client);
});

test('a client with an API key reads its own write, as a session does', async () => {
  const client = { 'x-api-key': randomUUID() };
  await readsBothReplicas();
  await pause('a');
  await write(client, 7);
  await eventually(async () => expect((await read(1, client)).counts.b).toBe(1));
  expect(await read(20, client)).toEqual({ seen: [7], counts: { primary: 0, a: 0, b: 20 } });
  await resume('a');
  await readsBothReplicas(client);
});

test('positions are in the order of the WAL', async () => {
  const parts = fc.tuple(fc.integer({ min: 0, max: 0x1f_ffff }), fc.integer({ min: 0, max: 0xffff_ffff }));
  const lsn = fc.oneof(
    parts,
    parts.map(([high, low]): [number, number] => [high % 2, low % 3]),
  );
  const pairs = fc.sample(fc.tuple(lsn, lsn), 1_000);
  const text = ([high, low]: [number, number]) => `${high.toString(16)}/${low.toString(16)}`;
  const { rows } = await asAdmin(servers.primary, (client) =>
    client.query<{ before: boolean; a: string; b: string }>(
      `SELECT a < b AS before, ${positionOf('a')} AS a, ${positionOf('b')} AS b
       FROM unnest($1::pg_lsn[], $2::pg_lsn[]) AS pair (a, b)`,
      [pairs.map(([a]) => text(a)), pairs.map(([, b]) => text(b))],
    ),
  );
  expect(rows).toHaveLength(pairs.length);
  for (const [i, { before, a, b }] of rows.entries()) {
    expect(Number(a) < Number(b)).toBe(before);
    expect(Number(a)).toBe((pairs[i]?.[0][0] ?? NaN) * 2 ** 32 + (pairs[i]?.[0][1] ?? NaN));
  }
});

test('the position of a session only grows, whatever the order in which its requests end', async () => {
  const task = silentTask({
    REDIS_ENDPOINT: `localhost:${redisServer.port}`,
    REDIS_USER: 'default',
    REDIS_PASSWORD: password,
  });
  tasks.push(task);
  const redis = connectRedis(task);
  await eventually(() => redis.ping());
  const store = createSessionStore(redis);
  const positions = fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(positions, async (written) => {
      const id = randomUUID();
      await store.create(id, { user: { id, email: 'ada@example.com' }, createdAt: Date.now(), userAgent: '' });
      await Promise.all(written.map((position) => store.setWritten(id, position)));
      expect((await store.find(id))?.written).toBe(Math.max(...written));
      await store.end(id, [id]);
      expect(await redis.exists(`session:${id}`, `session:written:${id}`)).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('a replica that is killed fails no read, and its reads go to the other one', async () => {
  const client = await signIn();
  await readsBothReplicas(client);
  const pid = Number((await readFile(join(servers.a.dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  await eventually(() => expect(query('a', 'SELECT')).rejects.toThrow());
  await write(client, 7);
  await eventually(async () => expect((await read(1, client)).counts.b).toBe(1));
  expect(await read(40, client)).toEqual({ seen: [7], counts: { primary: 0, a: 0, b: 40 } });
  expect((await read(40)).counts).toEqual({ primary: 0, a: 0, b: 40 });
});

test('without replicas, reads use half of the connections to the primary, and writes do not wait for them', async () => {
  await servers.b.stop();
  await eventually(async () => expect((await read(10)).counts).toEqual({ primary: 10, a: 0, b: 0 }));
  const client = await signIn();
  const reads = Array.from({ length: 16 }, () => apps[0].inject('/slow'));
  let most = 0;
  let done = false;
  const finished = Promise.all(reads).finally(() => (done = true));
  let written = 0;
  while (!done) {
    await write(client, (written += 1));
    const { rows } = await query(
      'primary',
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'",
    );
    most = Math.max(most, (rows[0] as unknown as { n: number }).n);
  }
  expect((await finished).map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 16 }, () => 200));
  // One at a time would need 16 turns of 300 ms, more than reads wait; all at once would leave the writes none.
  expect(most).toBe(poolSize / 2);
  expect(written).toBeGreaterThan(8);
});
