import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { limitPool } from './limited-pool.ts';
import type { Logger } from './log.ts';
import { ownPosition } from './own-writes.ts';
import { OverloadError } from './problem.ts';
import { createReplicaCheck, type ReplicaCheck } from './replica-check.ts';
import { hasReplayed } from './replayed.ts';

/** How long reads avoid a replica that did not accept a connection or did not pass its check, in ms. */
const restMs = 5_000;
/** How long a replica is read without another check, in ms. */
const checkMs = 1_000;

/**
 * Creates a pool that rotates over the replicas and falls back to the primary when none of them can be read: it accepts no
 * connection, is more than `maxLagMs` behind, or has been promoted. Such a replica is avoided for a while, so that not
 * every read waits for its connect timeout; then one read probes it. A replica that is only overloaded keeps its reads: they
 * would overload the primary too, and the writes with it.
 *
 * A read of a session that has written goes to a server that has replayed what the session wrote.
 */
export function createReplicaPool(
  replicas: readonly PostgresPool[],
  primary: PostgresPool,
  log: Logger,
  options: {
    /** @default 10000 */
    maxLagMs?: number;
    /**
     * How many connections to the primary reads that fall back to it may use at a time, so that writes keep the others.
     * Without replicas, all of them.
     * @default unlimited
     */
    maxOnPrimary?: number;
  } = {},
): PostgresPool {
  const { maxLagMs = 10_000, maxOnPrimary = Infinity } = options;
  const fallback = replicas.length === 0 ? primary : limitPool(primary, maxOnPrimary);
  const check = createReplicaCheck(primary, maxLagMs);
  const members = replicas.map((pool, index) => createMember(pool, index, check));
  let turn = 0;

  return {
    options: {},
    async connect() {
      const position = ownPosition();
      turn += 1;
      // Without those that rest: the next one in turn would get all of their reads.
      const candidates = members.filter(({ restsUntil }) => Date.now() >= restsUntil);
      for (let i = 0; i < candidates.length; i += 1) {
        const member = candidates[(turn + i) % candidates.length] as Member;
        // Another read may have found it unreadable meanwhile.
        if (Date.now() < member.restsUntil) continue;
        const probing = member.restsUntil !== 0;
        if (probing) member.restsUntil = Date.now() + restMs;
        try {
          const client = await member.connect(position);
          member.restsUntil = 0;
          if (client !== undefined) return client;
        } catch (err) {
          if (err instanceof OverloadError) throw err;
          member.restsUntil = Date.now() + restMs;
          log.warn({ err, replica: member.index }, 'a read replica cannot be read, reads go to another server');
        }
      }
      return fallback.connect();
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
  /** Returns undefined if the replica has not replayed the WAL up to `position`. */
  connect(position: number): Promise<PostgresPoolClient | undefined>;
}

/** A replica whose connections are checked: one in `checkMs`, for all that wait for one meanwhile. */
function createMember(pool: PostgresPool, index: number, check: ReplicaCheck): Member {
  let checkedUntil = -Infinity;
  let checking: Promise<void> | undefined;
  const checkOnce = async (client: PostgresPoolClient) => {
    try {
      checking ??= check(client);
      await checking;
      checkedUntil = Date.now() + checkMs;
    } finally {
      checking = undefined;
    }
  };
  return {
    index,
    restsUntil: 0,
    async connect(position) {
      const client = await pool.connect();
      try {
        if (Date.now() >= checkedUntil) await checkOnce(client);
        if (await hasReplayed(client, position)) return client;
      } catch (error) {
        client.release();
        throw error;
      }
      client.release();
      return undefined;
    },
  };
}
