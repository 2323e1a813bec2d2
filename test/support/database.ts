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
export const createDatabase = <Name extends string>(...names: Name[]): Promise<TestDatabase<Name>> =>
  createDatabaseOn(testServer(), ...names);

/** A PostgreSQL server. Addresses are `host:port`. */
export interface TestServer {
  readonly primary: string;
  readonly replica?: string;
  readonly user: string;
  readonly password: string;
}

const testServer = (): TestServer => ({
  primary: environment('TEST_PG_PRIMARY'),
  replica: process.env['TEST_PG_REPLICA'],
  user: environment('TEST_PG_USER'),
  password: environment('TEST_PG_PASSWORD'),
});

/** As `createDatabase`, on another server. */
export async function createDatabaseOn<Name extends string>(
  server: TestServer,
  ...names: Name[]
): Promise<TestDatabase<Name>> {
  const admin = { ...adminOf(server), database: `test_${randomUUID().slice(0, 8)}` };
  await migrate({
    admin,
    database: admin.database,
    roles: names.map((name) => ({ name, password: rolePassword })),
    migrationsDir,
    log: () => {},
  });
  const config = Object.fromEntries(names.map((name) => [name, configOf(name, admin.database, server)]));
  return { config: config as Record<Name, DatabaseConfig>, admin, drop: () => dropDatabase(admin.database, server) };
}

/** Runs SQL as the administrator, who may read and write every table. */
export async function adminQuery(database: Pick<TestDatabase<never>, 'admin'>, sql: string): Promise<Row[]> {
  return withClient(database.admin, async (client) => (await client.query<Row>(sql)).rows);
}

/** The administrator of the test server, which jest's global setup of the integration tests starts. */
export const testAdmin = (): pg.ClientConfig => adminOf(testServer());

function adminOf({ primary, user, password }: TestServer): pg.ClientConfig {
  const { hostname, port } = new URL(`tcp://${primary}`);
  return {
    host: hostname,
    port: Number(port),
    user,
    password,
    ssl: { rejectUnauthorized: true, ca: getCACertificates('default') },
  };
}

/** Drops a database and closes its connections. */
export async function dropDatabase(name: string, server: TestServer = testServer()): Promise<void> {
  const drop = `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`;
  await withClient({ ...adminOf(server), database: 'postgres' }, (client) => client.query(drop));
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

function configOf(name: string, database: string, { primary, replica = '' }: TestServer): DatabaseConfig {
  return {
    DATABASE_PRIMARY: primary,
    DATABASE_REPLICAS: replica,
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
