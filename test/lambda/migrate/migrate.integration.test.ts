import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../../lambda/migrate/migrate.ts';
import { dropDatabase, testAdmin } from '../../support/database.ts';

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

interface Run {
  readonly admin?: pg.ClientConfig;
  readonly password?: string;
  readonly seed?: (client: pg.ClientBase) => Promise<void>;
}

async function run(names: string[], { admin = testAdmin(), password = 'pass', seed }: Run = {}): Promise<string[]> {
  const lines: string[] = [];
  await migrate({
    admin,
    database,
    roles: names.map((name) => ({ name, password })),
    migrationsDir: (name) => join(root, name),
    seed,
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

async function query(config: pg.ClientConfig, sql: string): Promise<unknown[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
