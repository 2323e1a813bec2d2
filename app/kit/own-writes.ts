import { AsyncLocalStorage } from 'node:async_hooks';
import type { PostgresPool, PostgresPoolClient } from 'kysely';

/**
 * How far a session has written: a position in the primary's WAL, in bytes since its beginning; 0 if it has not written. A
 * number is exact for the first 8 PiB of WAL.
 */
export interface OwnWrites {
  position: number;
}

const storage = new AsyncLocalStorage<OwnWrites>();

/** Runs `work`, and all that it starts, as a part of a session: its writes are recorded, and its reads see them. */
export function runWithOwnWrites<T>(writes: OwnWrites, work: () => T): T {
  return storage.run(writes, work);
}

/** Returns the position that a read must see; 0 outside a session. */
export const ownPosition = (): number => storage.getStore()?.position ?? 0;

/** Turns an expression of type pg_lsn into a position. The types of the pool make it a number. */
export const positionOf = (lsn: string): string => `(${lsn} - '0/0'::pg_lsn)::bigint`;

/**
 * Asked after a commit, it is at or after the record of that commit, whatever `synchronous_commit` is.
 * @see https://www.postgresql.org/docs/17/functions-admin.html#FUNCTIONS-ADMIN-BACKUP
 */
const currentPosition = `SELECT ${positionOf('pg_current_wal_insert_lsn()')} AS position`;

/** The commands that write, as PostgreSQL names them in its response. */
const writes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** What pg returns, which Kysely's type leaves out in part. */
interface Result {
  readonly command: string;
  readonly rows: readonly { readonly position: number }[];
}

/**
 * Wraps the pool of the primary so that it records how far the running session has written. The position is read with the
 * COMMIT, in one round trip, and takes one more after a write outside a transaction. A function that writes and is called by
 * a SELECT is recorded only inside a transaction.
 */
export function recordWrites(pool: PostgresPool): PostgresPool {
  return {
    options: pool.options,
    connect: async () => {
      const session = storage.getStore();
      const client = await pool.connect();
      return session === undefined ? client : recording(client, session);
    },
    end: () => pool.end(),
  };
}

function recording(client: PostgresPoolClient, session: OwnWrites): PostgresPoolClient {
  let inTransaction = false;
  const send = client.query as unknown as (text: string, values: readonly unknown[]) => Promise<Result | Result[]>;
  const record = (result: Result | undefined) => {
    session.position = Math.max(session.position, result?.rows[0]?.position ?? 0);
  };
  const query = async (text: string, values: readonly unknown[]) => {
    if (text === 'commit') {
      const [committed, position] = (await send(`commit; ${currentPosition}`, [])) as Result[];
      record(position);
      return committed;
    }
    const result = (await send(text, values)) as Result;
    if (text === 'begin' || text.startsWith('start transaction')) inTransaction = true;
    else if (!inTransaction && writes.has(result.command)) record((await send(currentPosition, [])) as Result);
    return result;
  };
  return { query: query as unknown as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) };
}
