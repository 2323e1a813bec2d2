import type { Event } from '../../kit/events.ts';
import type { Logger } from '../../kit/log.ts';
import { dueMail } from './due-mail.ts';
import type { DueMail } from './mail.ts';
import type { Outcome, SentStore } from './sent.ts';

/** Resolves when the mail service has accepted the mail. @throws MailRefused if it never will */
export type SendMail = (mail: DueMail) => Promise<void>;

/** The mail service refused the mail for good: it is not to be sent again. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
}

/**
 * Sends the mail that an event causes, unless it was sent for this event before.
 *
 * The event is marked as sent in a transaction that commits after SES accepted the mail, so a crash before that loses
 * nothing. SES takes no idempotency key: a crash between its acceptance and the commit sends the mail twice. `windowMs` in
 * the log is the length of that window. A mail that SES refuses for good, that is one too many for its user, or whose address is
 * suppressed, is marked with the reason, and not sent again.
 */
export async function handleEvent(
  { store, send, log }: { store: SentStore; send: SendMail; log: Logger },
  event: Event,
): Promise<void> {
  const mail = await dueMail(event);
  let decidedAt = 0;
  const result = await store.once(event.id, mail, async () => {
    const outcome = await outcomeOf(send(mail));
    decidedAt = performance.now();
    return outcome;
  });
  const fields = { eventId: event.id };
  if (result === 'repeated') log.info(fields, `${mail.name} was sent before`);
  else if (result.outcome === 'sent')
    log.info({ ...fields, windowMs: round(performance.now() - decidedAt) }, `${mail.name} sent`);
  else {
    const level = result.outcome === 'refused' ? 'error' : 'warn';
    log[level]({ ...fields, reason: result.reason }, `${mail.name} ${result.outcome}, it is not sent again`);
  }
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
