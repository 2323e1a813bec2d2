import { adminQuery, type TestDatabase } from '../support/database.ts';

/** Tables that are not keyed by user, with the reason. */
export const notKeyedByUser: Readonly<Record<string, string>> = {
  'auth.addresses': 'a lookup, keyed by the address',
  'catalog.products': 'the same for everybody: a copy of it is on each server',
  'catalog.flags': 'the same for everybody: a copy of it is on each server',
  'images.product_images': 'a lookup, keyed by the product: images of all users',
  'sandbox.charges': 'stands for the tables of another company',
};

/** Returns the tables of all services, as `schema.table`, without those in which migrations are recorded. */
export async function tablesOf(database: Pick<TestDatabase<never>, 'admin'>): Promise<string[]> {
  const rows = await adminQuery(
    database,
    `SELECT schemaname || '.' || tablename AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename NOT IN ('pgmigrations', 'migration_hashes')`,
  );
  return rows.map(({ name }) => String(name)).toSorted();
}
