import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';

/** A service's login role; its schema has the same name. */
export interface Role {
  readonly name: string;
  readonly password: string;
}

const { escapeIdentifier: id, escapeLiteral: literal } = pg;

/** Makes the role, or gives it the password of today. Needs CREATEROLE, not a superuser: RDS has none. */
export async function provideRole(cluster: pg.ClientBase, { name, password }: Role): Promise<void> {
  const found = await cluster.query('select from pg_roles where rolname = $1', [name]);
  if (found.rowCount === 0) await cluster.query(`create role ${id(name)}`);
  await cluster.query(`alter role ${id(name)} login password ${literal(scramVerifier(password))}`);
  await cluster.query(`alter role ${id(name)} set search_path = ${id(name)}`);
}

/**
 * What PostgreSQL itself would make of the password and keep (RFC 5803): a statement with the password in clear could be
 * read in the log, in pg_stat_statements and in Performance Insights.
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

/** By default every role may connect to every database and make temporary tables there. */
export async function shutOutPublic(client: pg.ClientBase, database: string): Promise<void> {
  await client.query(`revoke all on database ${id(database)} from public`);
  await client.query('revoke all on schema public from public');
}

/** The role reads and writes rows in its own schema. The administrator owns the tables, so the role cannot change them. */
export async function provideSchema(client: pg.ClientBase, database: string, name: string): Promise<void> {
  const role = id(name);
  await client.query(`create schema if not exists ${role}`);
  await client.query(`grant connect on database ${id(database)} to ${role}`);
  await client.query(`grant usage on schema ${role} to ${role}`);
  const defaults = `alter default privileges in schema ${role} grant`;
  await client.query(`${defaults} select, insert, update, delete on tables to ${role}`);
  await client.query(`${defaults} usage on sequences to ${role}`);
}
