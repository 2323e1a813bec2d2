import type { SupervisedServer } from '../../host/keep-running.ts';
import type { Postgres } from './postgres.ts';

/** A running database instance. */
export interface Database {
  readonly server: SupervisedServer<Postgres>;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly master: { readonly user: string; readonly password: string };
}
