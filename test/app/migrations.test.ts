import { globSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { lintMigrations } from '../support/lint-migrations.ts';

const root = join(import.meta.dirname, '../..');

test('no migration blocks the services that use the table, or takes away what old tasks use', async () => {
  const links = globSync('app/{kit/migrations/*,services/*/migrations,workers/*/migrations}/*.sql', { cwd: root });
  const files = new Set(links.map((link) => realpathSync(join(root, link))));
  const found = (await lintMigrations([...files])).map((finding) => relative(root, finding));
  expect(found).toEqual([]);
});

async function findingsIn(sql: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'lint-'));
  const file = join(dir, '002_change.sql');
  writeFileSync(file, sql);
  const findings = await lintMigrations([file]);
  rmSync(dir, { recursive: true });
  return findings.join('\n');
}

const change = (sql: string) => findingsIn(`-- Up Migration\n${sql};`);
const outside = (sql: string) => findingsIn(`-- Up Migration: no transaction\n${sql};`);

test.each([
  [
    'a column with a volatile default',
    'ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid()',
    'backfill',
  ],
  ['a required column', 'ALTER TABLE orders ADD COLUMN stars integer NOT NULL', 'nullable'],
  ['SET NOT NULL', 'ALTER TABLE orders ALTER COLUMN note SET NOT NULL', 'CHECK'],
  ['an index', 'CREATE INDEX orders_by_note ON orders (note)', 'concurrently'],
  ['the removal of an index', 'DROP INDEX orders_by_note', 'CONCURRENTLY'],
  ['another type', 'ALTER TABLE orders ALTER COLUMN total TYPE numeric', 'ACCESS EXCLUSIVE'],
  ['a foreign key', 'ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id)', 'NOT VALID'],
  ['a check', 'ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0)', 'NOT VALID'],
  ['a unique constraint', 'ALTER TABLE orders ADD CONSTRAINT u UNIQUE (token)', 'using the index'],
  ['a removed column', 'ALTER TABLE orders DROP COLUMN note', 'existing clients'],
  ['a removed table', 'DROP TABLE orders', 'existing clients'],
  ['a renamed column', 'ALTER TABLE orders RENAME COLUMN note TO remark', 'existing clients'],
  ['a renamed table', 'ALTER TABLE orders RENAME TO purchases', 'existing clients'],
  ['CONCURRENTLY in a transaction', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (note)', 'no transaction'],
])('%s is found, with the safe form', async (_what, sql, safe) => {
  expect(await change(sql)).toContain(safe);
});

test.each([
  'ALTER TABLE orders ADD COLUMN stars integer NOT NULL DEFAULT 0',
  'ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID',
  'ALTER TABLE orders VALIDATE CONSTRAINT f',
  'CREATE TABLE notes (id integer PRIMARY KEY, text text); CREATE INDEX ON notes (text)',
  '-- squawk-ignore ban-drop-column\nALTER TABLE orders DROP COLUMN note',
])('%s is safe', async (sql) => {
  expect(await change(sql)).toBe('');
});

test('a statement without a transaction is alone, and may run again', async () => {
  expect(await outside('CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (note)')).toBe('');
  expect(await outside('CREATE INDEX CONCURRENTLY i ON orders (note)')).toContain('IF NOT EXISTS');
  expect(await outside('DROP INDEX CONCURRENTLY IF EXISTS i; DROP INDEX CONCURRENTLY IF EXISTS j')).toContain(
    '2 statements: give each a file',
  );
});
