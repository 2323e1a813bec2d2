import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { Logger } from './log.ts';
import { OverloadError } from './problem.ts';
import { createReplicaCheck, type ReplicaCheck } from './replica-check.ts';

/** How long reads avoid a replica that did not accept a connection or did not pass its check, in ms. */
const restMs = 5_000;
/** How long a replica is read without another check, in ms. */
const checkMs = 1_000;

/**
 * Creates a pool that rotates over the replicas and falls back to the primary when none of them can be read: it accepts no
 * connection, is more than `maxLagMs` behind, or has been promoted. Such a replica is avoided for a while, so that not
 * every read waits for its connect timeout; then one read probes it. A replica that is only overloaded keeps its reads: they
 * would overload the primary too, and the writes with it.
 */
export function createReplicaPool(
  replicas: readonly PostgresPool[],
  primary: PostgresPool,
  log: Logger,
  /** @default 10000 */
  maxLagMs = 10_000,
): PostgresPool {
  const check = createReplicaCheck(primary, maxLagMs);
  const members = replicas.map((pool, index) => createMember(pool, index, check));
  let turn = 0;

  return {
    options: {},
    async connect() {
      turn += 1;
      for (let i = 0; i < members.length; i += 1) {
        const member = members[(turn + i) % members.length] as Member;
        if (Date.now() < member.restsUntil) continue;
        const probing = member.restsUntil !== 0;
        if (probing) member.restsUntil = Date.now() + restMs;
        try {
          const client = await member.connect();
          member.restsUntil = 0;
          return client;
        } catch (err) {
          if (err instanceof OverloadError) throw err;
          member.restsUntil = Date.now() + restMs;
          log.warn({ err, replica: member.index }, 'a read replica cannot be read, reads go to another server');
        }
      }
      return primary.connect();
    },
    async end() {
      await Promise.all(replicas.map((replica) => replica.end()));
    },
  };
}

interface Member {
  readonly index: number;
  /** When it may be tried again, in ms since the epoch; 0 if it works. */
  restsUntil: number;
  connect(): Promise<PostgresPoolClient>;
}

/** A replica whose connections are checked: one in `checkMs`, for all that wait for one meanwhile. */
function createMember(pool: PostgresPool, index: number, check: ReplicaCheck): Member {
  let checkedUntil = -Infinity;
  let checking: Promise<void> | undefined;
  return {
    index,
    restsUntil: 0,
    async connect() {
      const client = await pool.connect();
      if (Date.now() < checkedUntil) return client;
      try {
        checking ??= check(client);
        await checking;
        checkedUntil = Date.now() + checkMs;
        return client;
      } catch (error) {
        client.release();
        throw error;
      } finally {
        checking = undefined;
      }
    },
  };
}
