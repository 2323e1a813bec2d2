import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { Problem } from './problem.ts';
import { nullable } from './schema.ts';

/** The query of every list. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
};
export const defaultLimit = 20;

/** The answer of every list. */
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: nullable(Type.String()) });

/** Makes a page of at most `limit` out of rows, of which one more than `limit` was asked for to see whether it is the last. */
export function toPage<T>(rows: readonly T[], limit: number, position: (last: T) => unknown) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encode(position(last)) : null;
  return { items, nextCursor };
}

/**
 * Reads the position that `toPage` wrote into a cursor. (`NoInfer` keeps the compiler from deriving the schema back from
 * how the position is used, which takes it seconds.)
 * @throws Problem 400 if it wrote no such position
 */
export function readCursor<S extends TSchema>(position: S, cursor: string): NoInfer<Static<S>> {
  const value = decode(cursor);
  if (Value.Check(position, value)) return value;
  throw new Problem(400, 'Invalid request', {
    detail: 'Take the cursor from the nextCursor of the page before.',
    errors: [{ field: 'cursor', detail: 'is not one that this list answered' }],
  });
}

const encode = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
