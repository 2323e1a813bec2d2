import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { provideRole, provideSchema, shutOutPublic } from './roles.ts';
import type { Role } from './roles.ts';

export interface MigrateOptions {
  /** How to reach the primary as its administrator; `database` in it is ignored. */
  readonly admin: pg.ClientConfig;
  /** Made if it is missing. */
  readonly database: string;
  /** One per service: its login role and its schema have this name. Migrated in this order. */
  readonly roles: readonly Role[];
  /** The folder of a service's `*.sql` files. */
  readonly migrationsDir: (name: string) => string;
  /** Runs last, in one transaction; must be repeatable. */
  readonly seed?: (client: pg.ClientBase) => Promise<void>;
  readonly log: (message: string) => void;
}

/** Any fixed number, the same for every run. */
const LOCK = 4_873_110_562;

/**
 * Brings the database to what the migration files say; does nothing where nothing is new.
 * Each file is one transaction. A second run at the same time waits for the first.
 * @throws Error naming the file that failed, with PostgreSQL's own message.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { admin, database, roles, log } = options;
  // Advisory locks belong to one database, roles to the whole cluster: the lock is taken where every run can meet.
  await withClient({ ...admin, database: 'postgres' }, async (cluster) => {
    await cluster.query('select pg_advisory_lock($1)', [LOCK]);
    await provideDatabase(cluster, database);
    for (const role of roles) await provideRole(cluster, role);
    await withClient({ ...admin, database }, async (client) => {
      await shutOutPublic(client, database);
      for (const { name } of roles) {
        await provideSchema(client, database, name);
        await runFiles(client, name, options.migrationsDir(name), log);
        // A service has no business with the record of its migrations.
        await client.query(`revoke all on pgmigrations from ${pg.escapeIdentifier(name)}`);
      }
      if (options.seed !== undefined) await inTransaction(client, options.seed);
    });
  });
}

async function runFiles(client: pg.Client, schema: string, dir: string, log: (message: string) => void): Promise<void> {
  await client.query(`set search_path to ${pg.escapeIdentifier(schema)}`);
  const files = (await readdir(dir)).filter((file) => file.endsWith('.sql')).toSorted();
  if (files.length === 0) throw new Error(`No migration of ${schema} in ${dir}: expected at least one .sql file`);
  const options = {
    dbClient: client,
    dir,
    ignorePattern: String.raw`(?!.*\.sql$).*`,
    schema,
    migrationsTable: 'pgmigrations',
    direction: 'up' as const,
    noLock: true, // ours is held
    singleTransaction: true, // rolls back when it fails
    logger: { info: () => {}, warn: log, error: log },
  };
  for (const file of files) {
    try {
      const done = await runner({ ...options, file: parse(file).name });
      if (done.length > 0) log(`${schema}/${file} done`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Migration ${schema}/${file} failed and was rolled back: ${reason}`, { cause: error });
    }
  }
}

async function provideDatabase(cluster: pg.Client, database: string): Promise<void> {
  const found = await cluster.query('select from pg_database where datname = $1', [database]);
  if (found.rowCount === 0) await cluster.query(`create database ${pg.escapeIdentifier(database)}`);
}

async function inTransaction(client: pg.Client, work: (client: pg.ClientBase) => Promise<void>): Promise<void> {
  await client.query('begin');
  try {
    await work(client);
    await client.query('commit');
  } catch (error) {
    // Where the connection is lost too, what led to it says more.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function withClient(config: pg.ClientConfig, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionTimeoutMillis: 10_000, keepAlive: true, ...config });
  // A connection lost while idle fails the next query on it; unheard, the event would end the process instead.
  client.on('error', () => {});
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
