import type { Generated } from 'kysely';
import type { Database } from '../../kit/database.ts';
import type { User } from '../../kit/sessions.ts';

export interface Tables {
  users: { id: Generated<string>; email: string; password_hash: string };
}

export interface Users {
  /** Answers undefined if the e-mail address is taken. */
  add(email: string, passwordHash: string): Promise<User | undefined>;
  find(email: string): Promise<(User & { passwordHash: string }) | undefined>;
}

/** Everything on the primary: somebody who has just registered must be able to log in. */
export function createUsers({ primary }: Database<Tables>): Users {
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
