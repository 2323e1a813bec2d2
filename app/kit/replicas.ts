import type { PostgresPool } from 'kysely';
import type { Logger } from './log.ts';
import { OverloadError } from './problem.ts';

/** How long reads avoid a replica that did not accept a connection, in ms. */
const restMs = 5_000;

/**
 * Creates a pool that rotates over the replicas and falls back to the primary when none of them accepts a connection.
 * A replica that failed is avoided for a while, so that not every read waits for its connect timeout; then one read probes
 * it. A replica that is only overloaded keeps its reads: they would overload the primary too, and the writes with it.
 */
export function createReplicaPool(replicas: readonly PostgresPool[], primary: PostgresPool, log: Logger): PostgresPool {
  /** Per replica: when it may be tried again, in ms since the epoch; 0 if it works. */
  const restsUntil = replicas.map(() => 0);
  let turn = 0;

  return {
    options: {},
    async connect() {
      turn += 1;
      for (let i = 0; i < replicas.length; i += 1) {
        const index = (turn + i) % replicas.length;
        const replica = replicas[index] as PostgresPool;
        if (Date.now() < (restsUntil[index] ?? 0)) continue;
        const probing = restsUntil[index] !== 0;
        if (probing) restsUntil[index] = Date.now() + restMs;
        try {
          const client = await replica.connect();
          restsUntil[index] = 0;
          return client;
        } catch (err) {
          if (err instanceof OverloadError) throw err;
          restsUntil[index] = Date.now() + restMs;
          log.warn({ err, replica: index }, 'a read replica is not available, reads go to another server');
        }
      }
      return primary.connect();
    },
    async end() {
      await Promise.all(replicas.map((replica) => replica.end()));
    },
  };
}
