import type { Generated } from 'kysely';
import type { Database } from '../../kit/database.ts';
import type { UserStore } from './user.ts';

export interface AuthTables {
  users: { id: Generated<string>; email: string; password_hash: string };
}

/** Reads and writes on the primary: a user who has just registered must be able to log in. */
export function createUserStore({ primary }: Database<AuthTables>): UserStore {
  return {
    add: (email, passwordHash) =>
      primary
        .insertInto('users')
        .values({ email, password_hash: passwordHash })
        .onConflict((conflict) => conflict.column('email').doNothing())
        .returning(['id', 'email'])
        .executeTakeFirst(),

    find: (email) =>
      primary
        .selectFrom('users')
        .select(['id', 'email', 'password_hash as passwordHash'])
        .where('email', '=', email)
        .executeTakeFirst(),
  };
}
