import { sql, type Generated, type Transaction } from 'kysely';
import { ResetRequested } from '../../contracts/reset-requested.ts';
import { VerificationRequested } from '../../contracts/verification-requested.ts';
import type { Database } from '../../kit/database.ts';
import { deleteOld } from '../../kit/delete-old.ts';
import { appendEvent } from '../../kit/outbox.ts';
import type { Metrics } from '../../kit/telemetry/metrics.ts';
import { validHours, type MailedToken, type Purpose } from './mailed-token.ts';
import type { UserStore } from './user.ts';

export interface AuthTables {
  users: { id: Generated<string>; email: string; password_hash: string; verified_at: Date | null };
  tokens: { hash: Buffer; purpose: Purpose; user_id: string | null; expires_at: Date };
}

type Tx = Transaction<AuthTables>;

const events = { verify: VerificationRequested, reset: ResetRequested };

/** Reads and writes on the primary: a user who has just registered must be able to log in. */
export function createUserStore(database: Database<AuthTables>, metrics?: Metrics): UserStore {
  const { primary } = database;
  return {
    async add(email, passwordHash, token) {
      const added = await database.transaction(async (tx) => {
        const user = await tx
          .insertInto('users')
          .values({ email, password_hash: passwordHash })
          .onConflict((conflict) => conflict.column('email').doNothing())
          .returning(['id', 'email'])
          .executeTakeFirst();
        if (user !== undefined) await mail(tx, 'verify', user, token);
        return user;
      });
      if (added !== undefined) metrics?.add('SignUps', 1);
      return added;
    },

    find: (email) =>
      primary
        .selectFrom('users')
        .select(['id', 'email', 'password_hash as passwordHash'])
        .where('email', '=', email)
        .executeTakeFirst(),

    async hasPassword(id, passwordHash) {
      const row = await primary
        .selectFrom('users')
        .select('password_hash')
        .where('id', '=', id)
        .forShare()
        .executeTakeFirst();
      return row?.password_hash === passwordHash;
    },

    requestVerification: (id, token) =>
      database.transaction(async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select(['id', 'email'])
          .where('id', '=', id)
          .where('verified_at', 'is', null)
          .executeTakeFirst();
        if (user !== undefined) await mail(tx, 'verify', user, token);
      }),

    verify: (hash) =>
      database.transaction(async (tx) => {
        const userId = await useUp(tx, 'verify', hash);
        if (userId === undefined) return false;
        await tx
          .updateTable('users')
          .set({ verified_at: sql`now()` })
          .where('id', '=', userId)
          .execute();
        return true;
      }),

    requestReset: (email, token) =>
      database.transaction(async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select(['id', 'email', 'verified_at'])
          .where('email', '=', email)
          .executeTakeFirst();
        await mail(tx, user?.verified_at === null ? 'verify' : 'reset', user, token);
      }),

    async isReset(hash) {
      const row = await primary
        .selectFrom('tokens')
        .select('user_id')
        .where('hash', '=', hash)
        .where('purpose', '=', 'reset')
        .where('expires_at', '>', sql<Date>`now()`)
        .executeTakeFirst();
      return row !== undefined;
    },

    reset: (hash, passwordHash, endSessions) =>
      database.transaction(async (tx) => {
        const userId = await useUp(tx, 'reset', hash);
        if (userId === undefined) return false;
        await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', userId).execute();
        await tx.deleteFrom('tokens').where('user_id', '=', userId).where('purpose', '=', 'reset').execute();
        await endSessions(userId);
        return true;
      }),

    changePassword: ({ id, oldHash, newHash }, endSessions) =>
      database.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('users')
          .set({ password_hash: newHash })
          .where('id', '=', id)
          .where('password_hash', '=', oldHash)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await tx.deleteFrom('tokens').where('user_id', '=', id).where('purpose', '=', 'reset').execute();
        await endSessions(id);
        return true;
      }),
  };
}

/**
 * Most valid links of a purpose that a user is mailed. Anybody can request them, and each would be an event, and a row that
 * `mailer` keeps.
 */
export const maxLinks = 5;

/**
 * Stores a token, and the event that mails it. Without a user, or with too many links, it runs as many statements, and nothing
 * is mailed.
 */
async function mail(
  tx: Tx,
  purpose: Purpose,
  recipient: { id: string; email: string } | undefined,
  { hash, links }: MailedToken,
): Promise<void> {
  await deleteOld(tx, { table: 'tokens', column: 'expires_at', days: 0 });
  const { rows } = await sql<{ links: number }>`
    SELECT count(*) AS links FROM tokens
    WHERE user_id = ${recipient?.id ?? null} AND purpose = ${purpose} AND expires_at > now()`.execute(tx);
  const user = (rows[0]?.links ?? 0) < maxLinks ? recipient : undefined;
  const expires = sql<Date>`now() + make_interval(hours => ${validHours[purpose]})`;
  await tx
    .insertInto('tokens')
    .values({ hash, purpose, user_id: user?.id ?? null, expires_at: expires })
    .execute();
  if (user === undefined) await sql`SELECT`.execute(tx);
  else await appendEvent(tx, events[purpose], { email: user.email, link: links[purpose] });
}

/** Deletes a token, and returns its user; undefined if it is unknown, used or expired. */
async function useUp(tx: Tx, purpose: Purpose, hash: Buffer): Promise<string | undefined> {
  const row = await tx
    .deleteFrom('tokens')
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('user_id')
    .executeTakeFirst();
  return row?.user_id ?? undefined;
}
