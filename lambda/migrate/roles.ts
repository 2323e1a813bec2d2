import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';

/** A service's login role; its schema has the same name. */
export interface Role {
  readonly name: string;
  readonly password: string;
}

const { escapeIdentifier: id, escapeLiteral: literal } = pg;

/** Creates the role, or updates its password. Needs CREATEROLE and no superuser: RDS has none. */
export async function ensureRole(cluster: pg.ClientBase, { name, password }: Role): Promise<void> {
  const found = await cluster.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (found.rowCount === 0) await cluster.query(`CREATE ROLE ${id(name)}`);
  await cluster.query(`ALTER ROLE ${id(name)} LOGIN PASSWORD ${literal(scramVerifier(password))}`);
  await cluster.query(`ALTER ROLE ${id(name)} SET search_path = ${id(name)}`);
  for (const [setting, value] of Object.entries(timeouts))
    await cluster.query(`ALTER ROLE ${id(name)} SET ${setting} = ${literal(value)}`);
}

/**
 * How long a service's role may keep others waiting. Vacuum removes no row that a transaction still open might see, so an
 * endless one lets every table grow, the outbox first. Set for the role, and not by the client, they hold for every client,
 * also behind a proxy.
 */
const timeouts = {
  statement_timeout: '5s',
  idle_in_transaction_session_timeout: '15s',
  transaction_timeout: '60s',
};

/**
 * Returns the verifier that PostgreSQL would derive from the password and store (RFC 5803): a statement with the password in
 * clear text could be read in the log, in pg_stat_statements and in Performance Insights.
 */
function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const server = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}

/** Revokes PostgreSQL's defaults, by which every role may connect to every database and create temporary tables in it. */
export async function revokePublic(client: pg.ClientBase, database: string): Promise<void> {
  await client.query(`REVOKE ALL ON DATABASE ${id(database)} FROM PUBLIC`);
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
}

/** Lets the role read and write rows in its schema. The administrator owns the tables, so the role cannot alter them. */
export async function ensureSchema(client: pg.ClientBase, database: string, name: string): Promise<void> {
  const role = id(name);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${role}`);
  await client.query(`GRANT CONNECT ON DATABASE ${id(database)} TO ${role}`);
  await client.query(`GRANT USAGE ON SCHEMA ${role} TO ${role}`);
  const defaults = `ALTER DEFAULT PRIVILEGES IN SCHEMA ${role} GRANT`;
  await client.query(`${defaults} SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`);
  await client.query(`${defaults} USAGE ON SEQUENCES TO ${role}`);
}

/**
 * Disables the login roles of services that are no longer in the system and ends their sessions; returns their names. Their
 * schemas are kept, and `ensureRole` enables a role again. A role counts as a service's if this database has a schema of its
 * name with a record of migrations. Needs pg_signal_backend, which the administrator of RDS has.
 */
export async function disableOthers(client: pg.ClientBase, names: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles JOIN pg_namespace ON nspname = rolname
     WHERE rolcanlogin AND rolname <> ALL($1)
       AND EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid AND relname = 'pgmigrations')`,
    [names],
  );
  for (const { name } of rows) {
    await client.query(`ALTER ROLE ${id(name)} NOLOGIN PASSWORD NULL`);
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [name]);
  }
  return rows.map(({ name }) => name);
}
