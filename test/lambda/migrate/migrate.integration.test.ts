import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../../lambda/migrate/migrate.ts';
import { dropDatabase, testAdmin } from '../../support/database.ts';

const NOTES = '-- Up Migration\ncreate table notes (id int primary key, text text);';

/** Role names are the whole server's: each test has its own. */
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
  await query({ ...testAdmin(), database: 'postgres' }, `drop role if exists ${alice}, ${bob}, admin_${alice}`);
});

test('a role writes rows in its own schema, without naming the schema', async () => {
  await given(`${alice}/001_notes.sql`, NOTES);
  await run([alice]);
  await query(as(alice), "insert into notes values (1, 'mine')");
  expect(await query(as(alice), 'select text from notes')).toEqual([{ text: 'mine' }]);
});

test('a role may not read the schema of another, create tables, or see the record of its migrations', async () => {
  await given(`${alice}/001_notes.sql`, NOTES);
  await given(`${bob}/001_notes.sql`, NOTES);
  await run([alice, bob]);
  await expect(query(as(bob), `select * from ${alice}.notes`)).rejects.toThrow(/permission denied for schema/);
  await expect(query(as(bob), 'create table more (id int)')).rejects.toThrow(/permission denied for schema/);
  await expect(query(as(bob), 'create table public.more (id int)')).rejects.toThrow(/permission denied for schema/);
  await expect(query(as(bob), 'create temporary table more (id int)')).rejects.toThrow(/permission denied/);
  await expect(query(as(bob), 'drop table notes')).rejects.toThrow(/must be owner/);
  await expect(query(as(bob), 'select * from pgmigrations')).rejects.toThrow(/permission denied for table/);
});

test('a role without a schema in the database may not connect to it', async () => {
  await given(`${alice}/001_notes.sql`, NOTES);
  await run([alice]);
  await query({ ...testAdmin(), database: 'postgres' }, `create role ${bob} login password 'pass'`);
  await expect(query(as(bob), 'select 1')).rejects.toThrow(/permission denied for database/);
});

test('a second run changes nothing and a later file is run alone', async () => {
  await given(`${alice}/001_notes.sql`, NOTES);
  await run([alice]);
  await query(as(alice), "insert into notes values (1, 'kept')");
  expect(await run([alice])).toEqual([]);
  await given(`${alice}/002_more.sql`, '-- Up Migration\nalter table notes add stars int default 3;');
  expect(await run([alice])).toEqual([`${alice}/002_more.sql done`]);
  expect(await query(as(alice), 'select * from notes')).toEqual([{ id: 1, text: 'kept', stars: 3 }]);
});

test('several runs at once all succeed and each file is run once', async () => {
  await given(`${alice}/001_notes.sql`, `${NOTES}\nselect pg_sleep(0.2);\ninsert into notes values (1, 'once');`);
  await Promise.all([run([alice]), run([alice]), run([alice])]);
  expect(await query(as(alice), 'select text from notes')).toEqual([{ text: 'once' }]);
});

test('a failed migration is named and rolled back, the files before it stay', async () => {
  await given(`${alice}/001_notes.sql`, NOTES);
  await given(
    `${alice}/002_broken.sql`,
    '-- Up Migration\ncreate table half (id int);\ninsert into nowhere values (1);',
  );
  await given(`${alice}/003_never.sql`, '-- Up Migration\ncreate table never (id int);');
  await expect(run([alice])).rejects.toThrow(
    `Migration ${alice}/002_broken.sql failed and was rolled back: relation "nowhere" does not exist`,
  );
  expect(await query(as(alice), 'select * from notes')).toEqual([]);
  await expect(query(as(alice), 'select * from half')).rejects.toThrow(/does not exist/);
  await expect(query(as(alice), 'select * from never')).rejects.toThrow(/does not exist/);

  await given(`${alice}/002_broken.sql`, '-- Up Migration\ncreate table half (id int);');
  expect(await run([alice])).toEqual([`${alice}/002_broken.sql done`, `${alice}/003_never.sql done`]);
});

test('a new password in the secret is the password after the next run', async () => {
  await given(`${alice}/001_notes.sql`, NOTES);
  await run([alice]);
  const password = `it's "quoted" \\ and $$ long`;
  await run([alice], { password });
  expect(await query({ ...as(alice), password }, 'select 1 as one')).toEqual([{ one: 1 }]);
  await expect(query(as(alice), 'select 1')).rejects.toThrow(/password authentication failed/);
});

test('a service without a migration is refused by name', async () => {
  await mkdir(join(root, alice));
  await expect(run([alice])).rejects.toThrow(`No migration of ${alice}`);
});

test('an administrator who is no superuser suffices, as on RDS', async () => {
  await given(`${alice}/001_notes.sql`, NOTES);
  await given(`${bob}/001_notes.sql`, NOTES);
  const admin = { ...testAdmin(), user: `admin_${alice}`, password: 'pass' };
  await query(
    { ...testAdmin(), database: 'postgres' },
    `create role admin_${alice} login password 'pass' createdb createrole`,
  );
  await run([alice, bob], { admin });
  expect(await run([alice, bob], { admin })).toEqual([]);
  expect(await query(as(alice), 'select * from notes')).toEqual([]);
});

test('the seed runs after the migrations and wholly or not at all', async () => {
  await given(`${alice}/001_notes.sql`, NOTES);
  const seed = async (client: pg.ClientBase): Promise<void> => {
    await client.query(`insert into ${alice}.notes values (1, 'seed')`);
    throw new Error('no more seed');
  };
  await expect(run([alice], { seed })).rejects.toThrow('no more seed');
  expect(await query(as(alice), 'select * from notes')).toEqual([]);
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
