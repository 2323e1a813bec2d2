import { createHash } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { Type } from 'typebox';
import { isCanceled } from './database-errors.ts';
import { deleteOld } from './delete-old.ts';
import { DependencyError, Problem } from './problem.ts';

/** The headers of a route that takes an idempotency key. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});

/**
 * Runs `work` once per key of a user, inside the transaction `tx` that `work` writes in; a repetition returns the result of
 * the first run. While the first is under way a repetition waits for it; if the first fails, the key is free again. Without
 * a key, `work` always runs. The result must survive JSON. A key is kept for at least a day.
 *
 * Needs the tables of migrations/idempotency_keys.
 *
 * @throws Problem 422 if the key was used with another body, 409 if the first run is still under way after the statement
 * timeout
 */
export async function once<S, T>(
  tx: Transaction<S>,
  request: { key: string | undefined; userId: string; body: unknown },
  work: () => Promise<T>,
): Promise<T> {
  const { key, userId } = request;
  if (key === undefined) return work();
  const hash = createHash('sha256').update(canonicalJson(request.body)).digest('hex');

  const claimed = await sql`
    INSERT INTO idempotency_keys (user_id, key, request_hash) VALUES (${userId}, ${key}, ${hash})
    ON CONFLICT DO NOTHING RETURNING key`
    .execute(tx)
    .catch(refuseWhileUnderWay);

  if (claimed.rows.length === 0) {
    const { rows } = await sql<{ request_hash: string; answer: T }>`
      SELECT request_hash, answer FROM idempotency_keys WHERE user_id = ${userId} AND key = ${key}`.execute(tx);
    // Deleted as too old, since the insertion found it.
    if (rows[0] === undefined) return once(tx, request, work);
    if (rows[0].request_hash !== hash) {
      throw new Problem(422, 'Idempotency key reused', {
        detail: 'This Idempotency-Key was used with another body. Use a new key for a new request.',
        errors: [{ field: 'idempotency-key', detail: 'was used with another body' }],
      });
    }
    return rows[0].answer;
  }

  await deleteOld(tx, { table: 'idempotency_keys', column: 'created_at', days: 1 });
  const result = await work();
  await sql`
    UPDATE idempotency_keys SET answer = ${JSON.stringify(result)} WHERE user_id = ${userId} AND key = ${key}`.execute(
    tx,
  );
  return result;
}

/** The only statement here that can time out is the one that waits for the first request. */
function refuseWhileUnderWay(error: unknown): never {
  if (!(error instanceof DependencyError) || !isCanceled(error.cause)) throw error;
  throw new Problem(409, 'Still under way', {
    detail: 'The first request with this Idempotency-Key is still being processed, try again later.',
    headers: { 'retry-after': '1' },
  });
}

/** Serializes with sorted members, so that equal requests have equal hashes. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
