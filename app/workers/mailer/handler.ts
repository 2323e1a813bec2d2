import type { Kysely } from 'kysely';
import { Type } from 'typebox';
import type { Database } from '../../kit/database.ts';
import { payloadOf, type Event } from '../../kit/events.ts';
import { forgetOld } from '../../kit/forget-old.ts';
import type { Logger } from '../../kit/log.ts';
import { confirmation, type Mail } from './confirmation.ts';

export interface MailerSchema {
  sent: { event_id: string };
}

/** Longer than an event can come again: 4 days in the queue, 14 in the dead-letter queue, 4 after a redrive. */
const rememberedDays = 30;

/** Resolves when the provider has accepted the mail. */
export type SendMail = (to: string, mail: Mail) => Promise<void>;

const Payment = Type.Object({
  orderId: Type.String({ minLength: 1 }),
  email: Type.String({ format: 'email' }),
  amountCents: Type.Integer({ minimum: 0 }),
});

/**
 * Mails the confirmation of a payment, unless this event's was sent before.
 *
 * The mark that it was sent commits only after SES accepted it, so a death before that loses nothing. SES takes no
 * idempotency key: who dies after SES accepted and before the commit sends the mail again. `windowMs` in the log is how
 * long that window was. A second delivery of the event at the same time waits for the first on the primary key.
 */
export async function handlePaid(
  { database, send, log }: { database: Database<MailerSchema>; send: SendMail; log: Logger },
  event: Event,
): Promise<void> {
  const { orderId, email, amountCents } = payloadOf(event, Payment);
  let acceptedAt: number | undefined;
  await database.transaction(async (tx) => {
    if (!(await markSent(tx, event.id))) return;
    await forgetOld(tx, { table: 'sent', column: 'sent_at', days: rememberedDays });
    await send(email, confirmation({ orderId, amountCents }));
    acceptedAt = performance.now();
  });
  const about = { eventId: event.id, orderId };
  if (acceptedAt === undefined) log.info(about, 'confirmation was sent before');
  else log.info({ ...about, windowMs: round(performance.now() - acceptedAt) }, 'confirmation sent');
}

async function markSent(tx: Kysely<MailerSchema>, eventId: string): Promise<boolean> {
  const marked = await tx
    .insertInto('sent')
    .values({ event_id: eventId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('event_id')
    .executeTakeFirst();
  return marked !== undefined;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
