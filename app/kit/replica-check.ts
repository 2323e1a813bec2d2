import type { PostgresPool, PostgresPoolClient } from 'kysely';

/** How often the primary is asked at most how far it has written, in ms. */
const askMs = 1_000;

/**
 * The second condition alone would call an idle primary's replica late, and one that replays a long transaction; the first
 * alone, one that is behind by a moment. A replica that has replayed no transaction since its start has no timestamp.
 * @see https://www.postgresql.org/docs/17/functions-admin.html#FUNCTIONS-RECOVERY-INFO-TABLE
 */
const question = `
  SELECT pg_is_in_recovery() AS standby,
    pg_last_wal_replay_lsn() < $1::pg_lsn AND coalesce(
      pg_last_xact_replay_timestamp() < clock_timestamp() - $2::float8 * interval '1 ms', true) AS late`;

/** Checks the replica at the other end of a connection. */
export type ReplicaCheck = (replica: PostgresPoolClient) => Promise<void>;

/**
 * Creates a check of replicas, which throws if a replica has become a primary of its own, or if it lacks what the primary
 * had written when it was last asked, a second ago or more, and its newest transaction is older than `maxLagMs`. While the
 * primary cannot be asked, no replica is late: there is nothing newer to read.
 */
export function createReplicaCheck(primary: PostgresPool, maxLagMs: number): ReplicaCheck {
  /** Position in the primary's WAL when it was last asked. */
  let written: string | null = null;
  /** The position before that, which replicas are compared with: a replica needs a moment to get there. */
  let expected: string | null = null;
  let askedAt = -Infinity;

  /** Reads do not wait for it: an overloaded primary must not slow them down. */
  async function askPrimary(): Promise<void> {
    try {
      const client = await primary.connect();
      try {
        const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn', []);
        written = rows[0]?.lsn ?? null;
      } finally {
        client.release();
      }
    } catch {
      written = null;
      expected = null;
    }
  }

  return async (replica) => {
    if (Date.now() - askedAt >= askMs) {
      askedAt = Date.now();
      expected = written;
      void askPrimary();
    }
    const { rows } = await replica.query<{ standby: boolean; late: boolean | null }>(question, [expected, maxLagMs]);
    if (rows[0]?.standby === false) throw new Error('The replica has been promoted: it no longer follows the primary');
    if (rows[0]?.late) throw new Error(`The replica is more than ${maxLagMs} ms behind the primary`);
  };
}
