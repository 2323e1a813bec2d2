import { sql, type RawBuilder, type Transaction } from 'kysely';

/**
 * Deletes rows older than `days` for which `where` holds, the oldest ten at most: called with each insert, it keeps up with
 * them and never takes long. Skips rows that another transaction is deleting. Needs an index on the column.
 */
export async function deleteOld<S>(
  tx: Transaction<S>,
  old: { table: string; column: string; days: number; where?: RawBuilder<unknown> },
): Promise<void> {
  const table = sql.table(old.table);
  const column = sql.ref(old.column);
  const and = old.where ? sql` AND ${old.where}` : sql``;
  await sql`
    DELETE FROM ${table} WHERE ctid = ANY (ARRAY (
      SELECT ctid FROM ${table} WHERE ${column} < now() - make_interval(days => ${old.days})${and}
      ORDER BY ${column} LIMIT 10 FOR UPDATE SKIP LOCKED))`.execute(tx);
}
