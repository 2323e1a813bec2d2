import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { ResetRequested } from '../../contracts/reset-requested.ts';
import { VerificationRequested } from '../../contracts/verification-requested.ts';
import type { Database } from '../../kit/database.ts';
import { deleteOld } from '../../kit/delete-old.ts';
import { appendEvent } from '../../kit/outbox.ts';
import type { Metrics } from '../../kit/telemetry/metrics.ts';
import { holderOf, reserve, takeOver, type AddressTables } from './addresses.ts';
import { validHours, type MailedToken, type PresentedToken, type Purpose } from './mailed-token.ts';
import type { UserStore } from './user.ts';

export interface AuthTables extends AddressTables {
  users: { user_id: string; email: string; password_hash: string; verified_at: Date | null };
  tokens: { user_id: string; hash: Buffer; purpose: Purpose; expires_at: Date };
}

type Tx = Transaction<AuthTables>;

const events = { verify: VerificationRequested, reset: ResetRequested };

/** Reads and writes on the primary: a user who has just registered must be able to log in. */
export function createUserStore(database: Database<AuthTables>, metrics?: Metrics): UserStore {
  const { primary } = database;

  /** Whose an address is. If nobody has it, an id of nobody: what follows takes as long. */
  const userIdOf = async (email: string) => (await holderOf(primary, email))?.userId ?? uuidv7();

  /** Makes an address that of a user who is not there yet. */
  const claim = async (email: string, userId: string): Promise<'claimed' | 'taken' | 'reserved'> => {
    if (await reserve(primary, email, userId)) return 'claimed';
    const holder = await holderOf(primary, email);
    if (holder === undefined) return 'reserved';
    const users = primary.selectFrom('users').select('user_id').where('user_id', '=', holder.userId);
    if ((await users.executeTakeFirst()) !== undefined) return 'taken';
    return !holder.isRecent && (await takeOver(primary, email, userId, holder.userId)) ? 'claimed' : 'reserved';
  };

  return {
    async add(email, passwordHash, token) {
      const id = uuidv7();
      const claimed = await claim(email, id);
      if (claimed !== 'claimed') return claimed;
      const user = { id, email };
      await database.transaction(async (tx) => {
        await tx.insertInto('users').values({ user_id: id, email, password_hash: passwordHash }).execute();
        await mail(tx, 'verify', user, token);
      });
      metrics?.add('SignUps', 1);
      return user;
    },

    find: async (email) =>
      primary
        .selectFrom('users')
        .select(['user_id as id', 'email', 'password_hash as passwordHash'])
        .where('user_id', '=', await userIdOf(email))
        .executeTakeFirst(),

    async hasPassword(id, passwordHash) {
      const row = await primary
        .selectFrom('users')
        .select('password_hash')
        .where('user_id', '=', id)
        .forShare()
        .executeTakeFirst();
      return row?.password_hash === passwordHash;
    },

    requestVerification: (id, token) =>
      database.transaction(async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select(['user_id as id', 'email'])
          .where('user_id', '=', id)
          .where('verified_at', 'is', null)
          .executeTakeFirst();
        if (user !== undefined) await mail(tx, 'verify', user, token);
      }),

    verify: (token) =>
      database.transaction(async (tx) => {
        if (!(await useUp(tx, 'verify', token))) return false;
        await tx
          .updateTable('users')
          .set({ verified_at: sql`now()` })
          .where('user_id', '=', token.userId)
          .execute();
        return true;
      }),

    async requestReset(email, token) {
      const userId = await userIdOf(email);
      await database.transaction(async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select(['user_id as id', 'email', 'verified_at'])
          .where('user_id', '=', userId)
          .executeTakeFirst();
        if (user) await mail(tx, user.verified_at === null ? 'verify' : 'reset', user, token);
        else await mail(tx, 'reset', { id: userId }, token);
      });
    },

    async isReset({ userId, hash }) {
      const row = await primary
        .selectFrom('tokens')
        .select('user_id')
        .where('user_id', '=', userId)
        .where('hash', '=', hash)
        .where('purpose', '=', 'reset')
        .where('expires_at', '>', sql<Date>`now()`)
        .executeTakeFirst();
      return row !== undefined;
    },

    reset: (token, passwordHash, endSessions) =>
      database.transaction(async (tx) => {
        const { userId } = token;
        if (!(await useUp(tx, 'reset', token))) return false;
        await tx.updateTable('users').set({ password_hash: passwordHash }).where('user_id', '=', userId).execute();
        await tx.deleteFrom('tokens').where('user_id', '=', userId).where('purpose', '=', 'reset').execute();
        await endSessions(userId);
        return true;
      }),

    changePassword: ({ id, oldHash, newHash }, endSessions) =>
      database.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('users')
          .set({ password_hash: newHash })
          .where('user_id', '=', id)
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
 * Stores a token, and the event that mails it. For nobody, who has no address, and with too many links it runs as many
 * statements, and nothing is mailed.
 */
async function mail(
  tx: Tx,
  purpose: Purpose,
  { id, email }: { id: string; email?: string },
  { hash, link }: MailedToken,
): Promise<void> {
  await deleteOld(tx, { table: 'tokens', column: 'expires_at', days: 0 });
  const { rows } = await sql<{ links: number }>`
    SELECT count(*) AS links FROM tokens
    WHERE user_id = ${id} AND purpose = ${purpose} AND expires_at > now()`.execute(tx);
  const isMailed = email !== undefined && (rows[0]?.links ?? 0) < maxLinks;
  const expires = sql<Date>`now() + make_interval(hours => ${validHours[purpose]})`;
  await tx
    .insertInto('tokens')
    .values({ user_id: isMailed ? id : uuidv7(), hash, purpose, expires_at: expires })
    .execute();
  if (isMailed) await appendEvent(tx, events[purpose], { userId: id, email, link: link(purpose, id) });
  else await sql`SELECT`.execute(tx);
}

/** Deletes a token. Returns false if it is unknown, used or expired. */
async function useUp(tx: Tx, purpose: Purpose, { userId, hash }: PresentedToken): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('tokens')
    .where('user_id', '=', userId)
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
