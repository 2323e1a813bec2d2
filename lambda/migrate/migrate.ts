import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { checkApplied, recordHash } from './applied.ts';
import { disableOthers, ensureRole, ensureSchema, revokePublic, type Role } from './roles.ts';
import { prepareSession, runFile } from './run-file.ts';

export interface MigrateOptions {
  /** Connection to the primary as its administrator; its `database` is ignored. */
  readonly admin: pg.ClientConfig;
  /** Created if it does not exist. */
  readonly database: string;
  /** One per service, which names its login role and its schema. Migrated in this order. */
  readonly roles: readonly Role[];
  /** Returns the folder of a service's `*.sql` files. */
  readonly migrationsDir: (name: string) => string;
  /** Runs last, in one transaction; must be idempotent. */
  readonly seed?: (client: pg.ClientBase) => Promise<void>;
  readonly log: (message: string) => void;
  /** How often a file is tried that cannot get a lock: the default gives up after about three minutes. @default 30 */
  readonly lockTries?: number;
}

/** Key of the advisory lock: an arbitrary number, the same for every run. */
const lockKey = 4_873_110_562;

/**
 * Applies the migrations that are not applied yet, each in a transaction of its own unless it says otherwise. A concurrent
 * run waits for the first.
 * @throws Error naming the file that failed, with PostgreSQL's message, or the applied files that have changed since
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { admin, database, roles } = options;
  // Advisory locks are per database and roles per cluster, so the lock is taken in a database that every run uses.
  await withClient({ ...admin, database: 'postgres' }, async (cluster) => {
    await cluster.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await ensureDatabase(cluster, database);
    for (const role of roles) await ensureRole(cluster, role);
    await withClient({ ...admin, database }, async (client) => {
      await revokePublic(client, database);
      for (const { name } of roles) {
        await ensureSchema(client, database, name);
        await runFiles(client, name, options);
        // A service needs no access to the record of its migrations.
        await client.query(`REVOKE ALL ON pgmigrations, migration_hashes FROM ${pg.escapeIdentifier(name)}`);
      }
      // The seed is not tried again.
      await client.query('RESET lock_timeout');
      if (options.seed !== undefined) await inTransaction(client, options.seed);
      const names = roles.map(({ name }) => name);
      for (const name of await disableOthers(client, names))
        options.log(`${name} is no longer in the system: its role is disabled, its data is kept`);
    });
  });
}

async function runFiles(client: pg.Client, schema: string, options: MigrateOptions): Promise<void> {
  const { log, lockTries = 30 } = options;
  const dir = options.migrationsDir(schema);
  await prepareSession(client, schema);
  const files = (await readdir(dir)).filter((file) => file.endsWith('.sql')).toSorted();
  if (files.length === 0) throw new Error(`No migration of ${schema} in ${dir}: add at least one .sql file`);
  await checkApplied(client, { schema, dir, files, log });
  for (const file of files) {
    if (!(await runFile(client, { schema, dir, file }, { lockTries, log }))) continue;
    await recordHash(client, dir, file);
    log(`${schema}/${file} done`);
  }
}

async function ensureDatabase(cluster: pg.Client, database: string): Promise<void> {
  const found = await cluster.query('SELECT FROM pg_database WHERE datname = $1', [database]);
  if (found.rowCount === 0) await cluster.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
}

async function inTransaction(client: pg.Client, work: (client: pg.ClientBase) => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work(client);
    await client.query('COMMIT');
  } catch (error) {
    // If the connection is lost too, the original error is the one to report.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function withClient(config: pg.ClientConfig, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionTimeoutMillis: 10_000, keepAlive: true, ...config });
  // Without a listener, losing an idle connection would end the process; with it, the next query fails.
  client.on('error', () => {});
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
