import { createHash } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { Type } from 'typebox';
import { isCanceled } from './database-pool.ts';
import { forgetOld } from './forget-old.ts';
import { DependencyError, Problem } from './problem.ts';

/** Schema of the headers of a route that takes an idempotency key. */
export const idempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});

/**
 * Does `work` once for each key of a user, inside the transaction `tx` that `work` writes in: a repetition gets
 * the answer of the first. While the first is under way a repetition waits for it; if the first fails, the key
 * is free again. Without a key the work is simply done. The answer has to survive JSON. A key is kept for a day at least.
 *
 * Needs this table in the service's schema:
 *
 *     CREATE TABLE idempotency_keys (
 *       user_id text NOT NULL,
 *       key text NOT NULL,
 *       request_hash text NOT NULL,
 *       answer jsonb,
 *       created_at timestamptz NOT NULL DEFAULT now(),
 *       PRIMARY KEY (user_id, key)
 *     );
 *     CREATE INDEX ON idempotency_keys (created_at);
 *
 * @throws Problem 422 if the key came with another body before, 409 if the first is still under way after the statement timeout
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
    .catch(stillUnderWay);

  if (claimed.rows.length === 0) {
    const { rows } = await sql<{ request_hash: string; answer: T }>`
      SELECT request_hash, answer FROM idempotency_keys WHERE user_id = ${userId} AND key = ${key}`.execute(tx);
    if (rows[0]?.request_hash !== hash) {
      throw new Problem(422, 'Idempotency key reused', {
        detail: 'This Idempotency-Key came with another body before. Use a new key for a new request.',
        errors: [{ field: 'idempotency-key', detail: 'was used with another body' }],
      });
    }
    return rows[0].answer;
  }

  await forgetOld(tx, { table: 'idempotency_keys', column: 'created_at', days: 1 });
  const answer = await work();
  await sql`
    UPDATE idempotency_keys SET answer = ${JSON.stringify(answer)} WHERE user_id = ${userId} AND key = ${key}`.execute(
    tx,
  );
  return answer;
}

/** A statement that took too long is here one that waited for the first request. */
function stillUnderWay(error: unknown): never {
  if (!(error instanceof DependencyError) || !isCanceled(error.cause)) throw error;
  throw new Problem(409, 'Still under way', {
    detail: 'The first request with this Idempotency-Key has not ended yet, try again later.',
    headers: { 'retry-after': '1' },
  });
}

/** JSON with the members of every object in one order, so that equal requests read equal. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
