import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Breaker, Breakers } from './breaker.ts';
import type { DatabaseConfig } from './config.ts';
import { isReadOnly, isServerDown, isSilent, problemOf } from './database-errors.ts';
import { verifiedTls } from './database-tls.ts';
import type { Logger } from './log.ts';
import { DependencyError, OverloadError } from './problem.ts';
import { describeQueries } from './telemetry/query-spans.ts';
import { inSpan } from './telemetry/spans.ts';

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, safeInteger);

/** A pool that tells how many connections it has, and how many callers wait for one. */
export interface CountedPool extends PostgresPool {
  counts(): { connections: number; waiting: number };
}

/**
 * Creates a pool of connections to one server, `host:port`, which connects on first use. `connect` throws a DependencyError
 * if the server cannot be reached within 3 s, and an OverloadError if all connections of the task are in use for that long or
 * the server accepts no more. While the server is down, it throws a DependencyError at once.
 */
export function createPool(address: string, config: DatabaseConfig, log: Logger, breaker: Breaker): CountedPool {
  // Opened on first use: preparing TLS would delay the start of the service.
  let pool: Omit<CountedPool, 'options'> | undefined;
  return {
    options: {},
    connect: async () => (pool ??= openPool(address, config, log, breaker)).connect(),
    end: async () => pool?.end(),
    counts: () => pool?.counts() ?? { connections: 0, waiting: 0 },
  };
}

/** How long a server that is down gets no connection before one probes it, in ms. */
const probeAfterMs = 1_000;

export const createDatabaseBreaker = (breakers: Breakers, name: string): Breaker =>
  breakers.create({ name, probeAfterMs, counts: (error) => error instanceof DependencyError });

function openPool(
  address: string,
  config: DatabaseConfig,
  log: Logger,
  breaker: Breaker,
): Omit<CountedPool, 'options'> {
  const [host, port] = address.split(':') as [string, string];
  const pool = new pg.Pool({
    host,
    port: Number(port),
    database: config.DATABASE_NAME,
    user: config.DATABASE_USER,
    password: config.DATABASE_PASSWORD,
    application_name: config.DATABASE_USER,
    ssl: verifiedTls(),
    types,
    max: config.DATABASE_POOL_SIZE,
    connectionTimeoutMillis: 3_000,
    // The server cancels a statement after 5 s, a setting of the role; this is for a server that no longer responds.
    query_timeout: 6_000,
    keepAlive: true,
    // Finds idle connections whose server has gone silent, 10 probes a second apart later (libuv, uv_tcp_keepalive). Left
    // out, the kernel waits two hours (tcp_keepalive_time, man 7 tcp).
    keepAliveInitialDelayMillis: 5_000,
    idleTimeoutMillis: 60_000,
    // Reconnects now and then, to follow a DNS name that has changed, as after a failover.
    maxLifetimeSeconds: 1_800,
  });
  // Without listeners, a connection that breaks would end the process: while idle, or while waiting inside a transaction.
  pool.on('error', (err) => log.warn({ err, address }, 'an idle database connection broke'));
  let connected = 0;
  pool.on('connect', (client) => {
    connected += 1;
    client.on('error', () => {});
  });
  pool.on('remove', () => {
    connected -= 1;
  });
  /** One for each connection, so that what is known of a connection can be kept by it. */
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  const describe = describeQueries(host, Number(port), config.DATABASE_NAME);
  const wrap = (client: pg.PoolClient) => {
    const wrapper = discardWhenUseless(client, breaker, describe);
    wrapped.set(client, wrapper);
    return wrapper;
  };
  const acquire = async () => {
    try {
      const client = await pool.connect();
      return wrapped.get(client) ?? wrap(client);
    } catch (cause) {
      if (connected === config.DATABASE_POOL_SIZE)
        throw new OverloadError('All connections to the database are in use', cause);
      throw problemOf(cause) ?? new DependencyError('The database', { cause });
    }
  };
  return {
    async connect() {
      if (!breaker.closed) return breaker.execute(() => acquire().then(requireResponse));
      try {
        return await acquire();
      } catch (error) {
        breaker.record(error as Error);
        throw error;
      }
    },
    end: () => pool.end(),
    counts: () => ({ connections: pool.totalCount, waiting: pool.waitingCount }),
  };
}

/** A connection of the pool alone shows nothing: its server may be gone since. */
async function requireResponse(client: PostgresPoolClient): Promise<PostgresPoolClient> {
  try {
    await client.query('SELECT 1', []);
    return client;
  } catch (error) {
    client.release();
    throw error;
  }
}

/**
 * Discards a connection whose server did not respond: pg would return it to the pool with the query still pending, and the
 * next query would wait behind it. Discards one to a server that has become a replica, too: the next connection follows the
 * DNS name to the new primary. Counts what queries show of the server; a connection that is open already is not refused.
 */
function discardWhenUseless(
  client: pg.PoolClient,
  breaker: Breaker,
  describe: ReturnType<typeof describeQueries>,
): PostgresPoolClient {
  let silent = false;
  let readOnly = false;
  const query = async (text: string, values: unknown[]) => {
    // Such as the ROLLBACK of a transaction: it would wait as long again.
    if (silent) throw new DependencyError('The database', { timedOut: true });
    try {
      const result = await inSpan(
        () => describe(text),
        async () => client.query(text, values),
      );
      breaker.record();
      return result;
    } catch (error) {
      silent ||= isSilent(error);
      readOnly ||= isReadOnly(error);
      const problem = problemOf(error);
      if (isServerDown(error)) breaker.record(problem);
      throw problem ?? error;
    }
  };
  return {
    // Kysely's other overload of `query` takes a cursor, which is not used here.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy || silent || readOnly),
  };
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${text} does not fit a JavaScript number, cast it to text in the query`);
  return value;
}
