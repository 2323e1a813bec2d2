import type { KeptRunning } from '../../host/keep-running.ts';
import type { Postgres } from './postgres.ts';

/** A database instance that is up. */
export interface Database {
  readonly server: KeptRunning<Postgres>;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly master: { readonly user: string; readonly password: string };
}
