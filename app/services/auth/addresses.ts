import { sql, type Kysely } from 'kysely';

export interface AddressTables {
  addresses: { email: string; user_id: string; reserved_at: Date };
}

/** How long a registration may take between the reservation of its address and its end; it is cut off after 10 s. */
export const reservedSeconds = 30;

/** Who has an address, or reserved it. */
export interface Holder {
  readonly userId: string;
  readonly isRecent: boolean;
}

/** Returns who has an address. */
export const holderOf = (db: Kysely<AddressTables>, email: string): Promise<Holder | undefined> =>
  db
    .selectFrom('addresses')
    .select([
      'user_id as userId',
      sql<boolean>`reserved_at > now() - make_interval(secs => ${reservedSeconds})`.as('isRecent'),
    ])
    .where('email', '=', email)
    .executeTakeFirst();

/** Reserves an address for a user, unless somebody has it. Returns whether it did. */
export async function reserve(db: Kysely<AddressTables>, email: string, userId: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('addresses')
    .values({ email, user_id: userId, reserved_at: sql`now()` })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Takes an address over from a registration that failed. Returns whether nobody else did so first. */
export async function takeOver(
  db: Kysely<AddressTables>,
  email: string,
  userId: string,
  failed: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('addresses')
    .set({ user_id: userId, reserved_at: sql`now()` })
    .where('email', '=', email)
    .where('user_id', '=', failed)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
