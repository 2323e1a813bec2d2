import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql, type Kysely } from 'kysely';
import type { DatabaseConfig } from '../../../app/kit/config.ts';
import { connectDatabase, type Database } from '../../../app/kit/database.ts';
import type { Task } from '../../../app/kit/task.ts';
import type { AuthTables } from '../../../app/services/auth/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { measured } from '../../support/measured.ts';
import { startProxy } from '../../support/proxy.ts';
import { silentTask } from '../../support/task.ts';

let served: TestDatabase<'auth'>;
const tasks: Task<unknown>[] = [];

beforeAll(async () => {
  served = await createDatabase('auth');
  // Replication of the new database takes a moment; until then the replica refuses connections to it.
  await eventually(async () => {
    const task = silentTask(served.config.auth);
    const replicated = await isReplica(connectDatabase<AuthTables>(task).replica);
    await task.stop();
    expect(replicated).toBe(true);
  });
});
afterEach(async () => {
  await Promise.all(tasks.splice(0).map((task) => task.stop()));
});
afterAll(() => served.drop());

function connectTo(more: Partial<DatabaseConfig> = {}): Database<AuthTables> {
  const task = silentTask({ ...served.config.auth, ...more });
  tasks.push(task);
  return connectDatabase<AuthTables>(task);
}

async function isReplica(connection: Kysely<AuthTables>): Promise<boolean | undefined> {
  const { rows } = await sql<{ replica: boolean }>`SELECT pg_is_in_recovery() AS replica`.execute(connection);
  return rows[0]?.replica;
}

const ada = { user_id: '00000000-0000-7000-8000-000000000001', email: 'a@b.example', password_hash: 'x' };

test('reads go to the server they name, writes to the primary', async () => {
  const database = connectTo();
  expect(await isReplica(database.replica)).toBe(true);
  expect(await isReplica(database.primary)).toBe(false);
  expect(await database.transaction(isReplica)).toBe(false);
});

test('a transaction that throws is rolled back', async () => {
  const database = connectTo();
  const failing = database.transaction(async (tx) => {
    await tx.insertInto('users').values(ada).execute();
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await database.primary.selectFrom('users').selectAll().execute()).toEqual([]);
});

test('connections are encrypted and have the name of the service', async () => {
  const { rows } = await sql`
    SELECT ssl, application_name FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE pid = pg_backend_pid()`.execute(
    connectTo().primary,
  );
  expect(rows).toEqual([{ ssl: true, application_name: 'auth' }]);
});

test('a bigint is returned as a number, and refused if it does not fit one', async () => {
  const { primary } = connectTo();
  expect((await sql`SELECT count(*) FROM users`.execute(primary)).rows).toEqual([{ count: 0 }]);
  await expect(sql`SELECT 9007199254740993`.execute(primary)).rejects.toThrow('does not fit');
});

test('a statement that takes too long is canceled, and is a 504', async () => {
  await expect(sql`SELECT pg_sleep(30)`.execute(connectTo().primary)).rejects.toMatchObject({
    status: 504,
    cause: { code: '57014' },
  });
});

test('reads get a 503 while all connections to the replica are in use, and do not move to the primary', async () => {
  const database = connectTo();
  const { metrics } = tasks.at(-1)!;
  const busy = Array.from({ length: 5 }, () => sql`SELECT pg_sleep(3.5)`.execute(database.replica));
  const refused = expect(isReplica(database.replica)).rejects.toMatchObject({ name: 'OverloadError', status: 503 });
  await eventually(async () =>
    expect(await measured(metrics)).toMatchObject({ PoolConnections: { replica: 5 }, PoolWaiting: { replica: 1 } }),
  );
  await refused;
  await Promise.all(busy);
  expect(await isReplica(database.replica)).toBe(true);
});

test('without a primary, queries are a 503', async () => {
  const database = connectTo({ DATABASE_PRIMARY: 'localhost:1', DATABASE_REPLICAS: '' });
  await expect(isReplica(database.primary)).rejects.toMatchObject({ status: 503, dependency: 'The database' });
  await expect(database.transaction(isReplica)).rejects.toMatchObject({ status: 503 });
});

test('reads go to the primary while no replica accepts connections', async () => {
  const database = connectTo({ DATABASE_REPLICAS: 'localhost:1,localhost:2' });
  expect(await isReplica(database.replica)).toBe(false);
});

test('reads move from a replica that dies to the primary', async () => {
  const proxy = await startProxy(served.config.auth.DATABASE_REPLICAS);
  const database = connectTo({ DATABASE_REPLICAS: `localhost:${proxy.port}` });
  expect(await isReplica(database.replica)).toBe(true);
  await proxy.stop();
  expect(await isReplica(database.replica)).toBe(false);
});

test('the process survives when the server ends a connection, idle or inside a transaction', async () => {
  const database = connectTo();
  await isReplica(database.primary);
  await database
    .transaction(async () => {
      await adminQuery(served, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'auth'`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    })
    .catch(() => {});
  expect(await isReplica(database.primary)).toBe(false);
});

test('a connection that breaks during a query is a 503', async () => {
  const proxy = await startProxy(served.config.auth.DATABASE_PRIMARY);
  const database = connectTo({ DATABASE_PRIMARY: `localhost:${proxy.port}` });
  await isReplica(database.primary);
  const query = sql`SELECT pg_sleep(3)`.execute(database.primary);
  setTimeout(() => void proxy.stop(), 200);
  await expect(query).rejects.toMatchObject({ name: 'DependencyError', status: 503 });
});

test('a server that ends its sessions is a 503', async () => {
  const database = connectTo();
  const query = sql`SELECT pg_sleep(4)`.execute(database.primary);
  const ending = eventually(async () => {
    const ended = await adminQuery(
      served,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(4)' AND datname = current_database()`,
    );
    expect(ended).toHaveLength(1);
  });
  await expect(query).rejects.toMatchObject({ name: 'DependencyError', status: 503 });
  await ending;
});

test('a write to a server that has become a replica is a 503, and its connection is not used again', async () => {
  const { DATABASE_REPLICAS } = served.config.auth;
  const { primary } = connectTo({ DATABASE_PRIMARY: DATABASE_REPLICAS, DATABASE_POOL_SIZE: 1 });
  const pid = async () => (await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(primary)).rows[0]?.pid;
  const before = await pid();
  const write = primary.insertInto('users').values(ada).execute();
  await expect(write).rejects.toMatchObject({ name: 'DependencyError', status: 503 });
  expect(await pid()).not.toBe(before);
});

test('a server that goes silent fails a transaction once, and the next query uses another connection', async () => {
  const proxy = await startProxy(served.config.auth.DATABASE_PRIMARY);
  const database = connectTo({ DATABASE_PRIMARY: `localhost:${proxy.port}` });
  const begun = performance.now();
  const transaction = database.transaction(async (tx) => {
    await isReplica(tx);
    proxy.silence();
    await isReplica(tx);
  });
  await expect(transaction).rejects.toMatchObject({ status: 504, timedOut: true });
  // The query times out after 6 s; a ROLLBACK on the same connection would take 6 s more.
  expect(performance.now() - begun).toBeLessThan(11_000);
  expect(await isReplica(database.primary)).toBe(false);
  await proxy.stop();
});
