import { sql, type Transaction } from 'kysely';

/**
 * Deletes rows that are older than so many days, the oldest ten at most: done with each new row it keeps up with them, and
 * never takes long. Rows that somebody else is deleting are left to him. Needs an index on the column.
 */
export async function forgetOld<S>(
  tx: Transaction<S>,
  old: { table: string; column: string; days: number },
): Promise<void> {
  const table = sql.table(old.table);
  const column = sql.ref(old.column);
  await sql`
    DELETE FROM ${table} WHERE ctid = ANY (ARRAY (
      SELECT ctid FROM ${table} WHERE ${column} < now() - make_interval(days => ${old.days})
      ORDER BY ${column} LIMIT 10 FOR UPDATE SKIP LOCKED))`.execute(tx);
}
