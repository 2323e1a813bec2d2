import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { invalidField } from './problem.ts';
import { nullable } from './schema.ts';

/** The query parameters of every list. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
};
export const defaultLimit = 20;

/** The response of every list. */
export const PageOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: nullable(Type.String()) });

/**
 * Makes a page of at most `limit` items. `rows` is the result of a query for `limit + 1`, of which the last one only shows
 * that there is another page.
 */
export function toPage<T>(rows: readonly T[], limit: number, position: (last: T) => unknown) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encode(position(last)) : null;
  return { items, nextCursor };
}

/**
 * Returns the position that `toPage` encoded in a cursor. (`NoInfer` keeps the compiler from deriving the schema from how
 * the position is used, which takes seconds.)
 * @throws Problem 400 if the cursor does not match the schema of a position
 */
export function readCursor<S extends TSchema>(position: S, cursor: string): NoInfer<Static<S>> {
  const value = decode(cursor);
  if (Value.Check(position, value)) return value;
  throw invalidField(
    'cursor',
    'is not a cursor of this list',
    'Pass the nextCursor of the previous page as the cursor.',
  );
}

const encode = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
