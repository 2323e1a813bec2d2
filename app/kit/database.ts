import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from 'kysely';
import type { DatabaseConfig } from './config.ts';
import { createPool } from './database-pool.ts';
import type { Logger } from './log.ts';
import { readPool } from './replicas.ts';

export type { DatabaseConfig };

/** The tables `S` of a service. Whoever reads says what the read needs. */
export interface Database<S> {
  /** Reads that may be a moment old. */
  readonly replica: Kysely<S>;
  /** Writes, and reads that must see the latest write. */
  readonly primary: Kysely<S>;
  transaction<T>(work: (tx: Transaction<S>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Connects on first use. While no server can be reached, or a statement takes more than 5 s, queries throw a
 * DependencyError; an OverloadError while more are asked for than the connections can do.
 */
export function connectDatabase<S>(config: DatabaseConfig, log: Logger): Database<S> {
  const addresses = config.DATABASE_REPLICAS.split(',').filter((address) => address !== '');
  const primaryPool = createPool(config.DATABASE_PRIMARY, config, log);
  const replicaPools = addresses.map((address) => createPool(address, config, log));

  const connect = (pool: PostgresPool) => new Kysely<S>({ dialect: new PostgresDialect({ pool }) });
  const primary = connect(primaryPool);
  const replica = connect(readPool(replicaPools, primaryPool, log));

  return {
    primary,
    replica,
    transaction: (work) => primary.transaction().execute(work),
    // The pools are ended here, as Kysely ends only a pool that was used.
    close: async () => void (await Promise.all([primaryPool, ...replicaPools].map((pool) => pool.end()))),
  };
}
