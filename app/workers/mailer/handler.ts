import { PaymentSucceeded } from '../../contracts/payment-succeeded.ts';
import { payloadOf, type Event } from '../../kit/events.ts';
import type { Logger } from '../../kit/log.ts';
import { renderConfirmation, type Mail } from './confirmation.ts';
import type { SentStore } from './sent.ts';

/** Resolves when the mail service has accepted the mail. */
export type SendMail = (to: string, mail: Mail) => Promise<void>;

/**
 * Mails the confirmation of a payment, unless it was sent for this event before.
 *
 * The event is marked as sent in a transaction that commits after SES accepted the mail, so a crash before that loses
 * nothing. SES takes no idempotency key: a crash between its acceptance and the commit sends the mail twice. `windowMs` in
 * the log is the length of that window.
 */
export async function handlePaid(
  { store, send, log }: { store: SentStore; send: SendMail; log: Logger },
  event: Event,
): Promise<void> {
  const { orderId, email, amountCents } = payloadOf(event, PaymentSucceeded);
  let acceptedAt = 0;
  const sent = await store.once(event.id, async () => {
    await send(email, await renderConfirmation({ orderId, amountCents }));
    acceptedAt = performance.now();
  });
  const fields = { eventId: event.id, orderId };
  if (sent) log.info({ ...fields, windowMs: round(performance.now() - acceptedAt) }, 'confirmation sent');
  else log.info(fields, 'confirmation was sent before');
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
