import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { nameOf, readApplied } from './applied.ts';

export interface MigrationFile {
  readonly schema: string;
  readonly dir: string;
  readonly file: string;
}

/**
 * How long a statement waits for a lock. Everything that comes after it waits behind it, so it must give up before the
 * statements of services do, which have 5 s.
 */
const lockTimeout = '2s';
/** Rises with each try up to this, in ms. */
const longestPauseMs = 10_000;

/**
 * Sets the session up for migrations: how long they wait for a lock, and that the server stops a statement when the client
 * is gone (otherwise the next run would meet an index that is still being built).
 */
export async function prepareSession(client: pg.ClientBase, schema: string): Promise<void> {
  await client.query(`SET search_path TO ${pg.escapeIdentifier(schema)}`);
  await client.query(`SET lock_timeout = '${lockTimeout}'`);
  await client.query(`SET client_connection_check_interval = '5s'`);
}

/**
 * Applies a file in a transaction, again and again while it cannot get a lock; a file that begins with
 * `-- Up Migration: no transaction`, without one. Returns false if it was applied before.
 * @throws Error naming the file, with PostgreSQL's message
 */
export async function runFile(
  client: pg.ClientBase,
  migration: MigrationFile,
  { lockTries, log }: { lockTries: number; log: (message: string) => void },
): Promise<boolean> {
  const { schema, dir, file } = migration;
  const sql = await readFile(join(dir, file), 'utf8');
  if (/^-- Up Migration: no transaction\s*$/m.test(sql)) return runWithoutTransaction(client, migration, sql);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await record(client, migration, log);
    } catch (error) {
      const waited = error instanceof pg.DatabaseError && isLockFailure(error);
      if (!waited || attempt === lockTries) {
        const tries = waited ? ` (${attempt} times)` : '';
        throw failure(`Migration ${schema}/${file} failed${tries} and was rolled back`, error);
      }
      log(`${schema}/${file} got no lock in ${lockTimeout}, is tried again (${attempt} of ${lockTries})`);
      await sleep(Math.random() * Math.min(longestPauseMs, attempt * 1_000));
    }
  }
}

/** SQLSTATE 55P03, lock_not_available, and 40P01, deadlock_detected. */
const isLockFailure = ({ code }: pg.DatabaseError): boolean => code === '55P03' || code === '40P01';

/**
 * Such a file has one statement, so that it is done or not. It waits for locks as long as it takes: statements that need no
 * transaction, as CREATE INDEX CONCURRENTLY, wait without blocking others.
 */
async function runWithoutTransaction(client: pg.ClientBase, migration: MigrationFile, sql: string): Promise<boolean> {
  const { schema, file } = migration;
  const applied = await readApplied(client);
  if (applied.some(({ name }) => name === nameOf(file))) return false;
  await client.query('SET lock_timeout = 0');
  try {
    await dropInvalidIndexes(client, schema);
    await client.query(sql);
  } catch (error) {
    // It would still cost time at every write, and a unique one would still refuse rows.
    await dropInvalidIndexes(client, schema).catch(() => {});
    throw failure(`Migration ${schema}/${file} failed, which has no transaction to roll back`, error);
  }
  await client.query(`SET lock_timeout = '${lockTimeout}'`);
  return record(client, migration, () => {}, true);
}

/**
 * Drops what a CREATE INDEX CONCURRENTLY that failed or was interrupted has left: IF NOT EXISTS would take it for the index.
 * @see https://www.postgresql.org/docs/17/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
async function dropInvalidIndexes(client: pg.ClientBase, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE relnamespace = $1::regnamespace AND relkind = 'i' AND NOT indisvalid`,
    [pg.escapeIdentifier(schema)],
  );
  for (const { name } of rows) {
    await client.query(`DROP INDEX CONCURRENTLY ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`);
  }
}

/** Runs the file, unless it only is to be recorded as applied, and records it. Returns false if it was recorded before. */
async function record(
  client: pg.ClientBase,
  { schema, dir, file }: MigrationFile,
  log: (message: string) => void,
  only = false,
): Promise<boolean> {
  const done = await runner({
    dbClient: client,
    dir,
    file: nameOf(file),
    ignorePattern: String.raw`(?!.*\.sql$).*`,
    schema,
    migrationsTable: 'pgmigrations',
    direction: 'up',
    noLock: true, // `migrate` holds its own
    singleTransaction: true, // rolls back on failure
    fake: only,
    logger: { info: () => {}, warn: log, error: log },
  });
  return done.length > 0;
}

function failure(what: string, cause: unknown): Error {
  return new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
