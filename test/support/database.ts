import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import pg from 'pg';
import type { DatabaseConfig } from '../../app/kit/config.ts';
import { migrate } from '../../lambda/migrate/migrate.ts';

const root = join(import.meta.dirname, '../..');

/** One password for all: test files share the server, and roles belong to the server. */
export const rolePassword = 'test-role-password';

type Row = Record<string, unknown>;

export interface TestDatabase<Name extends string> {
  /** The environment variables of each service's task. */
  readonly config: Readonly<Record<Name, DatabaseConfig>>;
  /** An administrator's connection, for what the services may not do. */
  readonly admin: pg.ClientConfig;
  drop(): Promise<void>;
}

/** Creates a database on the test server and migrates it for these services and workers, as a deployment does. */
export async function createDatabase<Name extends string>(...names: Name[]): Promise<TestDatabase<Name>> {
  const admin = { ...testAdmin(), database: `test_${randomUUID().slice(0, 8)}` };
  await migrate({
    admin,
    database: admin.database,
    roles: names.map((name) => ({ name, password: rolePassword })),
    migrationsDir,
    log: () => {},
  });
  const config = Object.fromEntries(names.map((name) => [name, configOf(name, admin.database)]));
  return { config: config as Record<Name, DatabaseConfig>, admin, drop: () => dropDatabase(admin.database) };
}

/** Runs SQL as the administrator, who may read and write every table. */
export async function adminQuery(database: Pick<TestDatabase<never>, 'admin'>, sql: string): Promise<Row[]> {
  return withClient(database.admin, async (client) => (await client.query<Row>(sql)).rows);
}

/** The administrator of the test server, which jest's global setup of the integration tests starts. */
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

/** Drops a database of the test server and closes its connections. */
export async function dropDatabase(name: string): Promise<void> {
  const drop = `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`;
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
    DATABASE_REPLICAS: process.env['TEST_PG_REPLICA'] ?? '',
    DATABASE_NAME: database,
    DATABASE_POOL_SIZE: 5,
    DATABASE_USER: name,
    DATABASE_PASSWORD: rolePassword,
  };
}

function migrationsDir(name: string): string {
  const service = join(root, 'app/services', name, 'migrations');
  return existsSync(service) ? service : join(root, 'app/workers', name, 'migrations');
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this file in jest's integration project`);
  return value;
}
