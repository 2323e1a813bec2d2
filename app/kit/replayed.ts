import type { PostgresPoolClient } from 'kysely';
import { positionOf } from './own-writes.ts';

const question = `SELECT ${positionOf('pg_last_wal_replay_lsn()')} AS position`;

/**
 * How far each connection is known to see. Not kept by server: one that restarts shows less than before until it has
 * replayed again, but then its connections are new.
 */
const known = new WeakMap<PostgresPoolClient, number>();

/** Returns whether a replica has replayed the WAL up to a position; queries it only if that is not known. */
export async function hasReplayed(replica: PostgresPoolClient, position: number): Promise<boolean> {
  if ((known.get(replica) ?? 0) >= position) return true;
  const { rows } = await replica.query<{ position: number | null }>(question, []);
  // Null on a server that never was a replica.
  const replayed = rows[0]?.position ?? 0;
  known.set(replica, replayed);
  return replayed >= position;
}
