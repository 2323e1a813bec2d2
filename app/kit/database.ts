import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from 'kysely';
import type { DatabaseConfig } from './config.ts';
import { createDatabaseBreaker, createPool } from './database-pool.ts';
import { recordWrites } from './own-writes.ts';
import { createReplicaPool } from './replicas.ts';
import type { Task } from './task.ts';
import { observePools } from './telemetry/pool-metrics.ts';

/** The database of a service, with the tables `S`. Every read states whether it may be stale. */
export interface Database<S> {
  /**
   * For reads that may be a moment behind the latest write of others; those of a request with a session see all that the
   * session has written. Reads that no replica can serve go to the primary, on at most half of the task's connections to it.
   */
  readonly replica: Kysely<S>;
  /** For writes, and reads that must see the latest write. */
  readonly primary: Kysely<S>;
  transaction<T>(work: (tx: Transaction<S>) => Promise<T>): Promise<T>;
}

/**
 * Connects on first use. Queries throw a DependencyError while no server can be reached and when a statement takes more
 * than 5 s, and an OverloadError when they wait too long for a connection.
 */
export function connectDatabase<S>({ config, log, breakers, metrics, onStop }: Task<DatabaseConfig>): Database<S> {
  const addresses = config.DATABASE_REPLICAS.split(',').filter((address) => address !== '');
  const primaryPool = createPool(config.DATABASE_PRIMARY, config, log, createDatabaseBreaker(breakers, 'The database'));
  const replicaPools = addresses.map((address, index) =>
    createPool(address, config, log, createDatabaseBreaker(breakers, `Replica ${index + 1} of the database`)),
  );

  observePools(metrics, { primary: [primaryPool], replica: replicaPools });

  const connect = (pool: PostgresPool) => new Kysely<S>({ dialect: new PostgresDialect({ pool }) });
  const primary = connect(recordWrites(primaryPool));
  const maxOnPrimary = Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 2));
  // Kysely ends only a pool that was used, so the pools are ended here.
  onStop('connections', () => Promise.all([primaryPool, ...replicaPools].map((pool) => pool.end())));

  return {
    primary,
    replica: connect(createReplicaPool(replicaPools, primaryPool, log, { maxOnPrimary })),
    transaction: (work) => primary.transaction().execute(work),
  };
}
