import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { parseEvent, type Event } from '../../kit/events.ts';
import type { Logger } from '../../kit/log.ts';
import type { SentStore } from './sent.ts';

/**
 * What SES reports of a mail that it had accepted, as far as it matters here. `tags` are those of the mail, see `ses.ts`.
 * @see https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 */
const Feedback = Type.Object({
  eventType: Type.Enum(['Bounce', 'Complaint']),
  mail: Type.Object({
    destination: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }),
    tags: Type.Object({ user: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1, maxItems: 1 }) }),
  }),
  bounce: Type.Optional(Type.Object({ bounceType: Type.String(), bounceSubType: Type.String() })),
  complaint: Type.Optional(Type.Object({ complaintFeedbackType: Type.Optional(Type.String()) })),
});
export type Feedback = Static<typeof Feedback>;

/**
 * Parses a message of the mailer's queue: an event of a service, or what SES reports.
 * @throws Error if it is neither
 */
export function parseMessage(body: string): Event | Feedback {
  const message = JSON.parse(body) as { eventType?: unknown } | null;
  if (message?.eventType === undefined) return parseEvent(body);
  if (Value.Check(Feedback, message)) return message;
  const faults = Value.Errors(Feedback, message).map(({ instancePath, message: fault }) => `${instancePath} ${fault}`);
  throw new Error(`The message of SES has another form than documented: ${faults.join(', ')}`);
}

/** Suppresses the address of a mail that bounced for good, or about which its recipient complained. */
export async function handleFeedback(
  { store, log }: { store: Pick<SentStore, 'suppress'>; log: Logger },
  feedback: Feedback,
): Promise<void> {
  const { mail, eventType } = feedback;
  const [[userId], [address]] = [mail.tags.user, mail.destination] as [[string], [string]];
  const reason = suppressionOf(feedback);
  if (reason === undefined) log.info({ userId, eventType }, 'a report about a mail suppresses nothing');
  else {
    await store.suppress(userId, address, reason);
    log.warn({ userId, reason }, 'the address of a user gets no more mail');
  }
}

/** Returns why the address gets no more mail; undefined if it does: a full mailbox is no reason, nor is `not-spam`. */
function suppressionOf({ bounce, complaint }: Feedback): string | undefined {
  if (bounce) return bounce.bounceType === 'Permanent' ? `bounce: ${bounce.bounceSubType}` : undefined;
  const type = complaint?.complaintFeedbackType ?? 'of unknown type';
  return type === 'not-spam' ? undefined : `complaint: ${type}`;
}
