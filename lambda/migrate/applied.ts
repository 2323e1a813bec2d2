import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

/**
 * Checks that the migrations applied to a schema still exist unchanged, by hashes in the schema's table migration_hashes.
 * A migration that was applied before hashes were stored gets its current one. One that comes after all files is of a later
 * version: when a deployment is rolled back, CloudFormation runs the old function again. Expects the schema as the search path.
 * @throws Error naming each file that was deleted or edited, and the remedy
 */
export async function checkApplied(
  client: pg.ClientBase,
  { schema, dir, files, log }: { schema: string; dir: string; files: readonly string[]; log: (line: string) => void },
): Promise<void> {
  await client.query('CREATE TABLE IF NOT EXISTS migration_hashes (name text PRIMARY KEY, sha256 text NOT NULL)');
  const faults: string[] = [];
  for (const { name, sha256 } of await readApplied(client)) {
    const file = `${name}.sql`;
    if (file > (files.at(-1) ?? '')) {
      log(`${schema}/${file} was applied by a later version, and stays`);
    } else if (!files.includes(file)) {
      faults.push(`${schema}/${file} was applied and has since been deleted or renamed`);
    } else if (sha256 === null) {
      await recordHash(client, dir, file);
    } else if (sha256 !== (await hashOf(dir, file))) {
      faults.push(`${schema}/${file} was applied and has since been edited`);
    }
  }
  if (faults.length > 0) {
    const remedy =
      'Restore each file as it was applied (see its history in git), and put the change in a new migration.';
    throw new Error(['Applied migrations must not change:', ...faults].join('\n  ') + `\n${remedy}`);
  }
}

/** Records that a file was applied as it is now. */
export async function recordHash(client: pg.ClientBase, dir: string, file: string): Promise<void> {
  const insert = 'INSERT INTO migration_hashes (name, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING';
  await client.query(insert, [nameOf(file), await hashOf(dir, file)]);
}

/** The name under which node-pg-migrate records a file. */
export const nameOf = (file: string): string => file.replace(/\.sql$/, '');

/** Returns the migrations of the search path's schema that were applied, with their hashes. */
export async function readApplied(client: pg.ClientBase): Promise<{ name: string; sha256: string | null }[]> {
  const found = await client.query<{ found: boolean }>(`SELECT to_regclass('pgmigrations') IS NOT NULL AS found`);
  if (!found.rows[0]?.found) return [];
  const applied = 'SELECT name, sha256 FROM pgmigrations LEFT JOIN migration_hashes USING (name) ORDER BY name';
  return (await client.query<{ name: string; sha256: string | null }>(applied)).rows;
}

async function hashOf(dir: string, file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(dir, file)))
    .digest('hex');
}
