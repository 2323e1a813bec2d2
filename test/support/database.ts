import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import pg from 'pg';
import type { DatabaseConfig } from '../../app/kit/database.ts';
import { migrate } from '../../lambda/migrate/migrate.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Roles belong to the whole server and test files share it: one password for all. */
export const ROLE_PASSWORD = 'test-role-password';

type Row = Record<string, unknown>;

export interface TestDatabase<Name extends string> {
  /** Per service, what its task would have in the environment. */
  readonly config: Readonly<Record<Name, DatabaseConfig>>;
  /** An administrator's connection, to look at and prepare what the services cannot. */
  readonly admin: pg.ClientConfig;
  drop(): Promise<void>;
}

/** A fresh database on the test server, migrated for these services and workers as a deployment would. */
export async function createDatabase<Name extends string>(...names: Name[]): Promise<TestDatabase<Name>> {
  const admin = { ...testAdmin(), database: `test_${randomUUID().slice(0, 8)}` };
  await migrate({
    admin,
    database: admin.database,
    roles: names.map((name) => ({ name, password: ROLE_PASSWORD })),
    migrationsDir,
    log: () => {},
  });
  const config = Object.fromEntries(names.map((name) => [name, configOf(name, admin.database)]));
  return { config: config as Record<Name, DatabaseConfig>, admin, drop: () => dropDatabase(admin.database) };
}

/** What no service may: looks at and changes any table of the database. */
export async function adminQuery(database: Pick<TestDatabase<never>, 'admin'>, sql: string): Promise<Row[]> {
  return withClient(database.admin, async (client) => (await client.query<Row>(sql)).rows);
}

/** The administrator of the test server that the integration project's global setup started. */
export function testAdmin(): pg.ClientConfig {
  const { hostname, port } = new URL(`tcp://${environment('TEST_PG_PRIMARY')}`);
  return {
    host: hostname,
    port: Number(port),
    user: environment('TEST_PG_USER'),
    password: environment('TEST_PG_PASSWORD'),
    ssl: { rejectUnauthorized: true, ca: getCACertificates('default') },
  };
}

/** Drops a database of the test server, with whoever is still connected to it. */
export async function dropDatabase(name: string): Promise<void> {
  const drop = `drop database if exists ${pg.escapeIdentifier(name)} with (force)`;
  await withClient({ ...testAdmin(), database: 'postgres' }, (client) => client.query(drop));
}

async function withClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function configOf(name: string, database: string): DatabaseConfig {
  return {
    DATABASE_PRIMARY: environment('TEST_PG_PRIMARY'),
    DATABASE_REPLICAS: process.env.TEST_PG_REPLICA ?? '',
    DATABASE_NAME: database,
    DATABASE_USER: name,
    DATABASE_PASSWORD: ROLE_PASSWORD,
  };
}

function migrationsDir(name: string): string {
  const service = join(ROOT, 'app/services', name, 'migrations');
  return existsSync(service) ? service : join(ROOT, 'app/workers', name, 'migrations');
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this file in jest's integration project`);
  return value;
}
