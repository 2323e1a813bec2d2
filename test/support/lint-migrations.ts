import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const squawk = join(import.meta.dirname, '../../node_modules/.bin/squawk');

/** Rules of squawk that are left out, each with the reason. */
const leftOut = [
  // The migrate function sets the time limit of locks; a migration has none.
  'require-lock-timeout',
  'require-statement-timeout',
  // Taste: they name no blocking form.
  'prefer-bigint-over-int',
  'prefer-bigint-over-smallint',
  'prefer-identity',
  'prefer-text-field',
];

const inTransaction = ['--assume-in-transaction', `--exclude=${[...leftOut, 'prefer-robust-stmts'].join()}`];
/** A statement that is not rolled back may run again: it needs IF NOT EXISTS. */
const withoutTransaction = [`--exclude=${leftOut.join()}`];

const noTransaction = /^-- Up Migration: no transaction\s*$/m;

/**
 * Returns what is unsafe in migrations while services use the tables: forms that block them or break the old tasks, each with
 * the safe form. Squawk (https://squawkhq.com) knows them; `-- squawk-ignore <rule>` above a statement permits one.
 */
export async function lintMigrations(files: readonly string[]): Promise<string[]> {
  const { without = [], within = [] } = Object.groupBy(files, (file) =>
    noTransaction.test(readFileSync(file, 'utf8')) ? 'without' : 'within',
  );
  return [
    ...(await lint(within, inTransaction)),
    ...(await lint(without, withoutTransaction)),
    ...within.flatMap((file) => Array.from(ownFaults(file, readFileSync(file, 'utf8'), false))),
    ...without.flatMap((file) => Array.from(ownFaults(file, readFileSync(file, 'utf8'), true))),
  ];
}

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule_name: string;
  readonly message: string;
  readonly help: string | null;
}

async function lint(files: readonly string[], options: readonly string[]): Promise<string[]> {
  if (files.length === 0) return [];
  const args = [...options, '--reporter=json', '--pg-version=17', ...files];
  // It exits with 1 when it has found something.
  const { stdout } = await promisify(execFile)(squawk, args).catch((error: Error & { stdout?: string }) => {
    if (!error.stdout) throw error;
    return { stdout: error.stdout };
  });
  return (JSON.parse(stdout) as Finding[]).map(
    ({ file, line, rule_name: rule, message, help }) => `${file}:${line + 1} ${rule}: ${message} ${help ?? ''}`,
  );
}

function* ownFaults(file: string, sql: string, isWithout: boolean): Generator<string> {
  const statements = sql
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .filter((statement) => statement.trim() !== '');
  if (!isWithout && /\bCONCURRENTLY\b/i.test(statements.join(';')))
    yield `${file}: CONCURRENTLY needs a file of its own that begins with "-- Up Migration: no transaction"`;
  if (isWithout && statements.length !== 1)
    yield `${file}: has no transaction and ${statements.length} statements: give each a file, so that it is done or not`;
}
