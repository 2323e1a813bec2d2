import { PaymentSucceeded } from '../../contracts/payment-succeeded.ts';
import { payloadOf, type Event } from '../../kit/events.ts';
import type { Logger } from '../../kit/log.ts';
import { renderConfirmation, type Mail } from './confirmation.ts';
import type { Outcome, SentStore } from './sent.ts';

/** Resolves when the mail service has accepted the mail. @throws MailRefused if it never will */
export type SendMail = (to: string, mail: Mail) => Promise<void>;

/** The mail service refused the mail for good: it is not to be sent again. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
}

/**
 * Mails the confirmation of a payment, unless it was sent for this event before.
 *
 * The event is marked as sent in a transaction that commits after SES accepted the mail, so a crash before that loses
 * nothing. SES takes no idempotency key: a crash between its acceptance and the commit sends the mail twice. `windowMs` in
 * the log is the length of that window. A mail that SES refuses for good is marked with the reason, and not sent again.
 */
export async function handlePaid(
  { store, send, log }: { store: SentStore; send: SendMail; log: Logger },
  event: Event,
): Promise<void> {
  const { orderId, email, amountCents } = payloadOf(event, PaymentSucceeded);
  const mail = await renderConfirmation({ orderId, amountCents });
  let decidedAt = 0;
  const result = await store.once(event.id, async () => {
    const outcome = await outcomeOf(send(email, mail));
    decidedAt = performance.now();
    return outcome;
  });
  const fields = { eventId: event.id, orderId };
  if (result === 'repeated') log.info(fields, 'confirmation was sent before');
  else if (result.outcome === 'sent')
    log.info({ ...fields, windowMs: round(performance.now() - decidedAt) }, 'confirmation sent');
  else log.error({ ...fields, reason: result.reason }, 'confirmation refused, it is not sent again');
}

async function outcomeOf(sending: Promise<void>): Promise<Outcome> {
  try {
    await sending;
    return { outcome: 'sent' };
  } catch (error) {
    if (!(error instanceof MailRefused)) throw error;
    return { outcome: 'refused', reason: error.message };
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
