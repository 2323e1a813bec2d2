import { sql, type Generated, type Transaction } from 'kysely';
import type { Database } from '../../kit/database.ts';
import { deleteOld } from '../../kit/delete-old.ts';
import type { DueMail, Kind } from './mail.ts';
import type { Outcome, SentStore } from './sent.ts';

export interface MailerTables {
  sent: { user_id: string; event_id: string; outcome: Generated<Outcome['outcome']>; reason: string | null };
  suppressed: { user_id: string; address: string; reason: string };
}

/**
 * Longer than an event can be redelivered: published again for 7 days, then 14 days in the queue, 14 in the dead-letter queue,
 * 14 after a redrive.
 */
const rememberedDays = 50;

/**
 * Most mails to a user in a window. Anybody may register anybody's address and forget its password; an order costs
 * money, so its limit only stops a fault or a stolen card.
 */
export const limits: Readonly<Record<Kind, { readonly mails: number; readonly hours: number }>> = {
  account: { mails: 5, hours: 24 },
  order: { mails: 100, hours: 1 },
};

export function createSentStore(database: Database<MailerTables>): SentStore {
  return {
    once: (eventId, mail, send) =>
      database.transaction(async (tx) => {
        // A concurrent delivery waits here, on the primary key, until this transaction ends.
        const marked = await tx
          .insertInto('sent')
          .values({ user_id: mail.userId, event_id: eventId })
          .onConflict((conflict) => conflict.doNothing())
          .returning('event_id')
          .executeTakeFirst();
        if (marked === undefined) return 'repeated';
        await deleteOld(tx, { table: 'sent', column: 'sent_at', days: rememberedDays });
        const result = (await suppression(tx, mail)) ?? (await count(tx, mail)) ?? (await send());
        if (result.outcome !== 'sent')
          await tx
            .updateTable('sent')
            .set(result)
            .where('user_id', '=', mail.userId)
            .where('event_id', '=', eventId)
            .execute();
        return result;
      }),

    async suppress(userId, address, reason) {
      await database.primary
        .insertInto('suppressed')
        .values({ user_id: userId, address: address.toLowerCase(), reason })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
  };
}

/** Returns an outcome if the address is suppressed. */
async function suppression(
  tx: Transaction<MailerTables>,
  { userId, to }: Pick<DueMail, 'userId' | 'to'>,
): Promise<Outcome | undefined> {
  const row = await tx
    .selectFrom('suppressed')
    .select('reason')
    .where('user_id', '=', userId)
    .where('address', '=', to.toLowerCase())
    .executeTakeFirst();
  return row && { outcome: 'suppressed', reason: row.reason };
}

/**
 * Counts a mail, and returns an outcome if it is one too many. Mails to one user wait for each other on its row, and one
 * that fails is rolled back, so it is not counted.
 */
async function count<S>(
  tx: Transaction<S>,
  { userId, kind }: { userId: string; kind: Kind },
): Promise<Outcome | undefined> {
  const { mails, hours } = limits[kind];
  const { rows } = await sql<{ mails: number }>`
    INSERT INTO mails_per_user AS known (user_id, kind, mails, window_ends_at)
    VALUES (${userId}, ${kind}, 1, now() + make_interval(hours => ${hours}))
    ON CONFLICT (user_id, kind) DO UPDATE SET
      mails = CASE WHEN known.window_ends_at > now() THEN known.mails + 1 ELSE 1 END,
      window_ends_at = CASE WHEN known.window_ends_at > now() THEN known.window_ends_at ELSE excluded.window_ends_at END
    RETURNING mails`.execute(tx);
  await deleteOld(tx, { table: 'mails_per_user', column: 'window_ends_at', days: 1 });
  if ((rows[0]?.mails ?? 0) <= mails) return undefined;
  return { outcome: 'limited', reason: `the user has had ${mails} mails of this kind within ${hours} h` };
}
