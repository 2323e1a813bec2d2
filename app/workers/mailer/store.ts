import type { Generated } from 'kysely';
import type { Database } from '../../kit/database.ts';
import { deleteOld } from '../../kit/delete-old.ts';
import type { Outcome, SentStore } from './sent.ts';

export interface MailerTables {
  sent: { event_id: string; outcome: Generated<Outcome['outcome']>; reason: string | null };
}

/**
 * Longer than an event can be redelivered: published again for 7 days, then 14 days in the queue, 14 in the dead-letter queue,
 * 14 after a redrive.
 */
const rememberedDays = 50;

export function createSentStore(database: Database<MailerTables>): SentStore {
  return {
    once: (eventId, send) =>
      database.transaction(async (tx) => {
        // A concurrent delivery waits here, on the primary key, until this transaction ends.
        const marked = await tx
          .insertInto('sent')
          .values({ event_id: eventId })
          .onConflict((conflict) => conflict.doNothing())
          .returning('event_id')
          .executeTakeFirst();
        if (marked === undefined) return 'repeated';
        await deleteOld(tx, { table: 'sent', column: 'sent_at', days: rememberedDays });
        const result = await send();
        if (result.outcome !== 'sent')
          await tx.updateTable('sent').set(result).where('event_id', '=', eventId).execute();
        return result;
      }),
  };
}
