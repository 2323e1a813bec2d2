import type { PostgresPool } from 'kysely';
import type { Logger } from './log.ts';
import { OverloadError } from './problem.ts';

/** How long reads leave a replica alone that did not answer, in ms. */
const restMs = 5_000;

/**
 * A pool that takes turns among the replicas and falls back to the primary when none of them can be connected to.
 * One that failed rests, so that not every read waits for its connect timeout; then one read probes it. One that is only
 * overloaded keeps its reads: sent to the primary, they would overload that too, and the writes with it.
 */
export function readPool(replicas: readonly PostgresPool[], primary: PostgresPool, log: Logger): PostgresPool {
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
          log.warn({ err, replica: index }, 'a read replica is not available, reads go elsewhere');
        }
      }
      return primary.connect();
    },
    async end() {
      await Promise.all(replicas.map((replica) => replica.end()));
    },
  };
}
