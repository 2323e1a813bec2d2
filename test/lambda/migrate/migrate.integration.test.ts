import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../../lambda/migrate/migrate.ts';
import { dropDatabase, testAdmin } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

// Some wait for locks.

const notes = '-- Up Migration\nCREATE TABLE notes (id int PRIMARY KEY, text text);';

/** Roles belong to the server, so each test has its own. */
let alice: string;
let bob: string;
let database: string;
let root: string;

beforeEach(async () => {
  const suffix = randomUUID().slice(0, 8);
  [alice, bob, database] = [`alice_${suffix}`, `bob_${suffix}`, `test_${suffix}`];
  root = await mkdtemp(join(tmpdir(), 'migrate-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
  await dropDatabase(database);
  await query({ ...testAdmin(), database: 'postgres' }, `DROP ROLE IF EXISTS ${alice}, ${bob}, admin_${alice}`);
});

test('a role reads and writes its own schema without naming it', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await run([alice]);
  await query(as(alice), "INSERT INTO notes VALUES (1, 'mine')");
  expect(await query(as(alice), 'SELECT text FROM notes')).toEqual([{ text: 'mine' }]);
});

test('a role may not read the schema of another, create tables, or read the record of its migrations', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await given(`${bob}/001_notes.sql`, notes);
  await run([alice, bob]);
  await expect(query(as(bob), `SELECT * FROM ${alice}.notes`)).rejects.toThrow(/permission denied for schema/);
  await expect(query(as(bob), 'CREATE TABLE more (id int)')).rejects.toThrow(/permission denied for schema/);
  await expect(query(as(bob), 'CREATE TABLE public.more (id int)')).rejects.toThrow(/permission denied for schema/);
  await expect(query(as(bob), 'CREATE TEMPORARY TABLE more (id int)')).rejects.toThrow(/permission denied/);
  await expect(query(as(bob), 'DROP TABLE notes')).rejects.toThrow(/must be owner/);
  for (const table of ['pgmigrations', 'migration_hashes'])
    await expect(query(as(bob), `SELECT * FROM ${table}`)).rejects.toThrow(/permission denied for table/);
});

test('a role without a schema in the database may not connect to it', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await run([alice]);
  await query({ ...testAdmin(), database: 'postgres' }, `CREATE ROLE ${bob} LOGIN PASSWORD 'pass'`);
  await expect(query(as(bob), 'SELECT 1')).rejects.toThrow(/permission denied for database/);
});

test('a second run changes nothing, and applies only a new file', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await run([alice]);
  await query(as(alice), "INSERT INTO notes VALUES (1, 'kept')");
  expect(await run([alice])).toEqual([]);
  await given(`${alice}/002_more.sql`, '-- Up Migration\nALTER TABLE notes ADD stars int DEFAULT 3;');
  expect(await run([alice])).toEqual([`${alice}/002_more.sql done`]);
  expect(await query(as(alice), 'SELECT * FROM notes')).toEqual([{ id: 1, text: 'kept', stars: 3 }]);
});

test('concurrent runs all succeed and apply each file once', async () => {
  await given(`${alice}/001_notes.sql`, `${notes}\nSELECT pg_sleep(0.2);\nINSERT INTO notes VALUES (1, 'once');`);
  await Promise.all([run([alice]), run([alice]), run([alice])]);
  expect(await query(as(alice), 'SELECT text FROM notes')).toEqual([{ text: 'once' }]);
});

test('a failed migration is reported by name and rolled back, the files before it stay applied', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await given(
    `${alice}/002_broken.sql`,
    '-- Up Migration\nCREATE TABLE half (id int);\nINSERT INTO nowhere VALUES (1);',
  );
  await given(`${alice}/003_never.sql`, '-- Up Migration\nCREATE TABLE never (id int);');
  await expect(run([alice])).rejects.toThrow(
    `Migration ${alice}/002_broken.sql failed and was rolled back: relation "nowhere" does not exist`,
  );
  expect(await query(as(alice), 'SELECT * FROM notes')).toEqual([]);
  await expect(query(as(alice), 'SELECT * FROM half')).rejects.toThrow(/does not exist/);
  await expect(query(as(alice), 'SELECT * FROM never')).rejects.toThrow(/does not exist/);

  await given(`${alice}/002_broken.sql`, '-- Up Migration\nCREATE TABLE half (id int);');
  expect(await run([alice])).toEqual([`${alice}/002_broken.sql done`, `${alice}/003_never.sql done`]);
});

test('an applied migration that was edited or deleted is reported by name with the remedy, and nothing is applied', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await given(`${alice}/002_more.sql`, '-- Up Migration\nALTER TABLE notes ADD stars int;');
  await run([alice]);
  await given(`${alice}/001_notes.sql`, `${notes}\nCREATE TABLE extra (id int);`);
  await rm(join(root, alice, '002_more.sql'));
  await given(`${alice}/003_last.sql`, '-- Up Migration\nCREATE TABLE last (id int);');
  await expect(run([alice])).rejects.toThrow(
    [
      'Applied migrations must not change:',
      `${alice}/001_notes.sql was applied and has since been edited`,
      `${alice}/002_more.sql was applied and has since been deleted or renamed`,
    ].join('\n  ') +
      '\nRestore each file as it was applied (see its history in git), and put the change in a new migration.',
  );
  await expect(query(as(alice), 'SELECT * FROM last')).rejects.toThrow(/does not exist/);

  await given(`${alice}/001_notes.sql`, notes);
  await given(`${alice}/002_more.sql`, '-- Up Migration\nALTER TABLE notes ADD stars int;');
  expect(await run([alice])).toEqual([`${alice}/003_last.sql done`]);
});

test('an earlier version, to which a deployment is rolled back, leaves the migrations of the later one', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await given(`${alice}/002_more.sql`, '-- Up Migration\nALTER TABLE notes ADD stars int;');
  await run([alice]);
  await rm(join(root, alice, '002_more.sql'));
  expect(await run([alice])).toEqual([`${alice}/002_more.sql was applied by a later version, and stays`]);

  await given(`${alice}/002_more.sql`, '-- Up Migration\nALTER TABLE notes ADD stars int;');
  expect(await run([alice])).toEqual([]);
});

test('migrations that were applied before hashes were stored are adopted as they are', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await run([alice]);
  await query({ ...testAdmin(), database }, `DROP TABLE ${alice}.migration_hashes`);
  await given(`${alice}/001_notes.sql`, `-- Edited before hashes were stored.\n${notes}`);
  expect(await run([alice])).toEqual([]);
  await given(`${alice}/001_notes.sql`, notes);
  await expect(run([alice])).rejects.toThrow(`${alice}/001_notes.sql was applied and has since been edited`);
});

test('a new password in the secret is the password after the next run', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await run([alice]);
  const password = `it's "quoted" \\ and $$ long`;
  await run([alice], { password });
  expect(await query({ ...as(alice), password }, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await expect(query(as(alice), 'SELECT 1')).rejects.toThrow(/password authentication failed/);
});

test('a service without migrations is refused by name', async () => {
  await mkdir(join(root, alice));
  await expect(run([alice])).rejects.toThrow(`No migration of ${alice}`);
});

test('the administrator need not be a superuser, as on RDS', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await given(`${bob}/001_notes.sql`, notes);
  const admin = { ...testAdmin(), user: `admin_${alice}`, password: 'pass' };
  await query(
    { ...testAdmin(), database: 'postgres' },
    `CREATE ROLE admin_${alice} LOGIN PASSWORD 'pass' CREATEDB CREATEROLE`,
  );
  await run([alice, bob], { admin });
  expect(await run([alice, bob], { admin })).toEqual([]);
  expect(await query(as(alice), 'SELECT * FROM notes')).toEqual([]);
});

test('the seed runs after the migrations, in one transaction', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  const seed = async (client: pg.ClientBase): Promise<void> => {
    await client.query(`INSERT INTO ${alice}.notes VALUES (1, 'seed')`);
    throw new Error('no more seed');
  };
  await expect(run([alice], { seed })).rejects.toThrow('no more seed');
  expect(await query(as(alice), 'SELECT * FROM notes')).toEqual([]);
});

test('a migration that waits for a lock gives up before queries pile up behind it, and is tried again', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await run([alice]);
  await given(`${alice}/002_more.sql`, '-- Up Migration\nALTER TABLE notes ADD stars int;');
  const reader = await open(as(alice));
  await reader.query('BEGIN');
  await reader.query('SELECT * FROM notes');
  const migration = run([alice]);
  const migrating = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '${database}'`;
  await eventually(async () => expect(await query({ ...testAdmin(), database }, migrating)).not.toEqual([]));
  // It waits behind the migration, but not until its own time is up.
  await query(as(alice), 'SELECT * FROM notes');
  await reader.query('COMMIT');
  await reader.end();
  expect(await migration).toEqual(
    expect.arrayContaining([
      expect.stringContaining(`${alice}/002_more.sql got no lock in 2s, is tried again (1 of 30)`),
      `${alice}/002_more.sql done`,
    ]),
  );
});

test('a migration that never gets its lock fails, and says how often it tried', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await run([alice]);
  await given(`${alice}/002_more.sql`, '-- Up Migration\nALTER TABLE notes ADD stars int;');
  const reader = await open(as(alice));
  await reader.query('BEGIN');
  await reader.query('SELECT * FROM notes');
  await expect(run([alice], { lockTries: 2 })).rejects.toThrow(
    `Migration ${alice}/002_more.sql failed (2 times) and was rolled back: canceling statement due to lock timeout`,
  );
  await reader.end();
});

const concurrently =
  '-- Up Migration: no transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS by_text ON notes (text);';
const indexes = () =>
  query(
    { ...testAdmin(), database },
    `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = '${alice}.by_text'::regclass`,
  );

test('a statement that cannot run in a transaction runs without one, once', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await given(`${alice}/002_index.sql`, concurrently);
  expect(await run([alice])).toEqual([`${alice}/001_notes.sql done`, `${alice}/002_index.sql done`]);
  expect(await indexes()).toEqual([{ valid: true }]);
  expect(await run([alice])).toEqual([]);
  await given(`${alice}/002_index.sql`, `${concurrently}\n-- Edited.`);
  await expect(run([alice])).rejects.toThrow(`${alice}/002_index.sql was applied and has since been edited`);
});

test('without the marker, such a statement is refused by PostgreSQL', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await given(`${alice}/002_index.sql`, concurrently.replace(': no transaction', ''));
  await expect(run([alice])).rejects.toThrow('CREATE INDEX CONCURRENTLY cannot run inside a transaction block');
});

test('an index that could not be built leaves nothing behind, and is built by the next run', async () => {
  await given(`${alice}/001_notes.sql`, `${notes}\nINSERT INTO notes VALUES (1, 'twice'), (2, 'twice');`);
  await given(`${alice}/002_index.sql`, concurrently);
  await expect(run([alice])).rejects.toThrow(
    `Migration ${alice}/002_index.sql failed, which has no transaction to roll back: could not create unique index`,
  );
  await expect(indexes()).rejects.toThrow(/does not exist/);
  await query(as(alice), 'DELETE FROM notes WHERE id = 2');
  expect(await run([alice])).toEqual([`${alice}/002_index.sql done`]);
  expect(await indexes()).toEqual([{ valid: true }]);
});

test('an index that a crashed run left half built is built again', async () => {
  await given(`${alice}/001_notes.sql`, `${notes}\nINSERT INTO notes VALUES (1, 'twice'), (2, 'twice');`);
  await run([alice]);
  const statement = concurrently.split('\n')[1] as string;
  const admin = { ...testAdmin(), database, options: `-c search_path=${alice}` };
  await expect(query(admin, statement)).rejects.toThrow('could not create unique index');
  expect(await indexes()).toEqual([{ valid: false }]);
  await query(as(alice), 'DELETE FROM notes WHERE id = 2');
  await given(`${alice}/002_index.sql`, concurrently);
  await run([alice]);
  expect(await indexes()).toEqual([{ valid: true }]);
});

test('the role of a service that is no longer in the system is disabled, and its data is kept', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await given(`${bob}/001_notes.sql`, notes);
  await run([alice, bob]);
  await query(as(bob), "INSERT INTO notes VALUES (1, 'kept')");
  const session = await open(as(bob));
  session.on('error', () => {});
  const ended = new Promise((resolve) => void session.once('end', resolve));
  expect(await run([alice])).toEqual([`${bob} is no longer in the system: its role is disabled, its data is kept`]);
  await ended;
  await expect(query(as(bob), 'SELECT 1')).rejects.toThrow('password authentication failed');
  const login = `SELECT rolcanlogin AS login FROM pg_roles WHERE rolname = '${bob}'`;
  expect(await query({ ...testAdmin(), database }, login)).toEqual([{ login: false }]);
  expect(await query({ ...testAdmin(), database }, `SELECT * FROM ${bob}.notes`)).toEqual([{ id: 1, text: 'kept' }]);
  expect(await run([alice])).toEqual([]);

  await run([alice, bob]);
  expect(await query(as(bob), 'SELECT * FROM notes')).toEqual([{ id: 1, text: 'kept' }]);
});

test('a role of a service gets time limits of its own', async () => {
  await given(`${alice}/001_notes.sql`, notes);
  await run([alice]);
  const limits = ['statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'];
  const set = await Promise.all(limits.map((limit) => query(as(alice), `SHOW ${limit}`)));
  expect(set.flat().map((row) => Object.values(row as object)[0])).toEqual(['5s', '15s', '1min']);
});

interface Run {
  readonly lockTries?: number;
  readonly admin?: pg.ClientConfig;
  readonly password?: string;
  readonly seed?: (client: pg.ClientBase) => Promise<void>;
}

async function run(
  names: string[],
  { admin = testAdmin(), password = 'pass', seed, lockTries }: Run = {},
): Promise<string[]> {
  const lines: string[] = [];
  await migrate({
    admin,
    database,
    roles: names.map((name) => ({ name, password })),
    migrationsDir: (name) => join(root, name),
    seed,
    lockTries,
    log: (line) => lines.push(line),
  });
  return lines;
}

async function given(file: string, sql: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), sql);
}

function as(role: string): pg.ClientConfig {
  return { ...testAdmin(), database, user: role, password: 'pass' };
}

async function open(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  await client.connect();
  return client;
}

async function query(config: pg.ClientConfig, sql: string): Promise<unknown[]> {
  const client = await open(config);
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
