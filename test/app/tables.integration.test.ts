import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { system } from '../../lib/system.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../support/database.ts';
import { notKeyedByUser, tablesOf } from './tables.ts';

/**
 * What a database that is sharded by user demands, so that the tables can move to one as they are.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/limitless-reference.DDL-limitations.html
 * @see https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-postgresql-compatibility-unsupported-features.html
 */
let served: TestDatabase<string>;
beforeAll(async () => {
  served = await createDatabase(...system.filter(({ database }) => database).map(({ name }) => name));
});
afterAll(() => served.drop());

/** The rows of a query over the catalogue whose `name` is a table of ours, or something of one. */
async function find(query: string): Promise<string[]> {
  const tables = new Set(await tablesOf(served));
  const rows = await adminQuery(served, query);
  return rows
    .filter((row) => tables.has(String(row['table'])))
    .map((row) => `${String(row['table'])}: ${String(row['what'])}`);
}

const ofTable = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace`;
const table = `n.nspname || '.' || c.relname AS "table"`;
const isOfUsers = (found: string) => !(found.slice(0, found.indexOf(':')) in notKeyedByUser);

test('every exception is a table', async () => {
  expect(await tablesOf(served)).toEqual(expect.arrayContaining(Object.keys(notKeyedByUser)));
});

test('every table has a primary key, and one of users has the column user_id uuid NOT NULL', async () => {
  const tables = await tablesOf(served);
  const keyed = await find(
    `SELECT ${table}, 'keyed' AS what ${ofTable} JOIN pg_index x ON x.indrelid = c.oid WHERE x.indisprimary`,
  );
  expect(keyed.toSorted()).toEqual(tables.map((each) => `${each}: keyed`));
  const withUser = await find(
    `SELECT ${table}, 'of users' AS what ${ofTable} JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE a.attname = 'user_id' AND a.atttypid = 'uuid'::regtype AND a.attnotnull`,
  );
  expect(withUser.filter(isOfUsers).toSorted()).toEqual(
    tables.filter((each) => !(each in notKeyedByUser)).map((each) => `${each}: of users`),
  );
});

test('user_id leads each primary and each unique key', async () => {
  const leads = await find(
    `SELECT ${table}, i.relname || ' begins with ' || a.attname AS what ${ofTable}
     JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0] WHERE x.indisunique`,
  );
  expect(leads.length).toBeGreaterThan(0);
  expect(leads.filter((each) => isOfUsers(each) && !each.endsWith(' user_id'))).toEqual([]);
});

test('user_id leads each foreign key, on both sides: it refers to a row on the same server', async () => {
  const keys = await find(
    `SELECT ${table}, f.conname || ' from ' || a.attname || ' to ' || b.attname AS what ${ofTable}
     JOIN pg_constraint f ON f.conrelid = c.oid
     JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
     JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = f.confkey[1] WHERE f.contype = 'f'`,
  );
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((each) => !each.endsWith(' from user_id to user_id'))).toEqual([]);
});

test('keys are made by the application: no column has a sequence, an identity or a default that is a UUID', async () => {
  const generated = await find(
    `SELECT ${table}, a.attname AS what ${ofTable} JOIN pg_attribute a ON a.attrelid = c.oid
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE a.attnum > 0 AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) ~ 'nextval|uuid')`,
  );
  expect(generated).toEqual([]);
});

test('text in an index is compared by its bytes', async () => {
  const collated = await find(
    `SELECT ${table}, a.attname || ' of ' || i.relname || ' is ' || o.collname AS what ${ofTable}
     JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
     JOIN generate_series(0, 31) AS k ON k < x.indnkeyatts
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[k]
     JOIN pg_collation o ON o.oid = x.indcollation[k]`,
  );
  expect(collated.length).toBeGreaterThan(0);
  expect(collated.filter((each) => !each.endsWith(' is C'))).toEqual([]);
});
