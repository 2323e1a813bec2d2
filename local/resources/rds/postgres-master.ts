import pg from 'pg';
import { asAdmin, type Postgres } from './postgres.ts';

const { escapeIdentifier: identifier, escapeLiteral: literal } = pg;

/**
 * Creates the master user and its database as RDS does: the user is not a superuser, may create roles and databases,
 * and owns the database. Runs at every start, so that the password is the current value of the secret.
 */
export async function provideMaster(
  server: Postgres,
  master: { user: string; password: string },
  databaseName: string,
): Promise<void> {
  await asAdmin(server, async (client) => {
    const exists = async (query: string, name: string) => ((await client.query(query, [name])).rowCount ?? 0) > 0;
    const user = identifier(master.user);
    if (!(await exists('select from pg_roles where rolname = $1', master.user)))
      await client.query(`create role ${user}`);
    await client.query(`alter role ${user} login createdb createrole password ${literal(master.password)}`);
    await client.query(`grant pg_monitor, pg_signal_backend, pg_checkpoint to ${user} with admin option`);
    if (!(await exists('select from pg_database where datname = $1', databaseName))) {
      await client.query(`create database ${identifier(databaseName)} owner ${user}`);
    }
  });
}
