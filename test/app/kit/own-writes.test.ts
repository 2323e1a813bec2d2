import { expect, test } from '@jest/globals';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { ownPosition, recordWrites, runWithOwnWrites } from '../../../app/kit/own-writes.ts';

/** A primary that has written up to `position`, and the statements that it was sent. */
function fakePrimary() {
  const sent: string[] = [];
  const primary = { position: 0 };
  const respond = (statement: string) => ({
    command: statement.split(' ')[0]?.toUpperCase(),
    rows: statement.includes('pg_current_wal_insert_lsn') ? [{ position: primary.position }] : [],
  });
  const query = async (text: string) => {
    sent.push(text);
    const results = text.split('; ').map(respond);
    return results.length === 1 ? results[0] : results;
  };
  const client = { query, release: () => {} } as unknown as PostgresPoolClient;
  const pool: PostgresPool = { options: {}, connect: async () => client, end: async () => {} };
  return { primary, sent, pool: recordWrites(pool) };
}

/** Returns the command of the result. */
async function commandOf(client: PostgresPoolClient, statement: string): Promise<string> {
  const result: object = await client.query(statement, []);
  return (result as { command: string }).command;
}

async function run(pool: PostgresPool, ...statements: string[]): Promise<string[]> {
  const client = await pool.connect();
  const commands: string[] = [];
  for (const statement of statements) commands.push(await commandOf(client, statement));
  return commands;
}

test('the position of a transaction is read with its COMMIT, in one round trip', async () => {
  const { primary, sent, pool } = fakePrimary();
  primary.position = 7;
  await runWithOwnWrites({ position: 0 }, async () => {
    expect(await run(pool, 'begin', 'insert into notes', 'commit')).toEqual(['BEGIN', 'INSERT', 'COMMIT']);
    expect(ownPosition()).toBe(7);
  });
  expect(sent).toHaveLength(3);
});

test.each(['insert into notes', 'update notes', 'delete from notes', 'merge into notes'])(
  'the position of a write outside a transaction is read after it: %s',
  async (statement) => {
    const { primary, sent, pool } = fakePrimary();
    primary.position = 7;
    await runWithOwnWrites({ position: 0 }, async () => {
      await run(pool, statement);
      expect(ownPosition()).toBe(7);
    });
    expect(sent).toHaveLength(2);
  },
);

test('a read on the primary does not move the position of the session', async () => {
  const { primary, sent, pool } = fakePrimary();
  primary.position = 7;
  await runWithOwnWrites({ position: 3 }, async () => {
    await run(pool, 'select from notes');
    expect(ownPosition()).toBe(3);
  });
  expect(sent).toEqual(['select from notes']);
});

test('a transaction that is rolled back, or that has no session, asks for no position', async () => {
  const { sent, pool } = fakePrimary();
  await runWithOwnWrites({ position: 0 }, () => run(pool, 'begin', 'insert into notes', 'rollback'));
  await run(pool, 'begin', 'insert into notes', 'commit');
  expect(sent.join()).not.toContain('wal');
});

test('a position that is read late does not replace a higher one', async () => {
  const { primary, pool } = fakePrimary();
  await runWithOwnWrites({ position: 0 }, async () => {
    primary.position = 9;
    await run(pool, 'insert into notes');
    primary.position = 8;
    await run(pool, 'insert into notes');
    expect(ownPosition()).toBe(9);
  });
});
