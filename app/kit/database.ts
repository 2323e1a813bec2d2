import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from 'kysely';
import type { DatabaseConfig } from './config.ts';
import { createPool } from './database-pool.ts';
import { createReplicaPool } from './replicas.ts';
import type { Task } from './task.ts';

/** The database of a service, with the tables `S`. Every read states whether it may be stale. */
export interface Database<S> {
  /** For reads that may be a moment behind the latest write. */
  readonly replica: Kysely<S>;
  /** For writes, and reads that must see the latest write. */
  readonly primary: Kysely<S>;
  transaction<T>(work: (tx: Transaction<S>) => Promise<T>): Promise<T>;
}

/**
 * Connects on first use. Queries throw a DependencyError while no server can be reached and when a statement takes more
 * than 5 s, and an OverloadError when they wait too long for a connection.
 */
export function connectDatabase<S>({ config, log, onStop }: Task<DatabaseConfig>): Database<S> {
  const addresses = config.DATABASE_REPLICAS.split(',').filter((address) => address !== '');
  const primaryPool = createPool(config.DATABASE_PRIMARY, config, log);
  const replicaPools = addresses.map((address) => createPool(address, config, log));

  const connect = (pool: PostgresPool) => new Kysely<S>({ dialect: new PostgresDialect({ pool }) });
  const primary = connect(primaryPool);
  // Kysely ends only a pool that was used, so the pools are ended here.
  onStop('connections', () => Promise.all([primaryPool, ...replicaPools].map((pool) => pool.end())));

  return {
    primary,
    replica: connect(createReplicaPool(replicaPools, primaryPool, log)),
    transaction: (work) => primary.transaction().execute(work),
  };
}
