import { PaymentSucceeded } from '../../contracts/payment-succeeded.ts';
import { ResetRequested } from '../../contracts/reset-requested.ts';
import { VerificationRequested } from '../../contracts/verification-requested.ts';
import { payloadOf, type Event } from '../../kit/events.ts';
import { PermanentError } from '../../kit/permanent-error.ts';
import { renderReset, renderVerification } from './account-mails.ts';
import { renderConfirmation } from './confirmation.ts';
import type { DueMail } from './mail.ts';

/**
 * Renders the mail that an event causes. An address that its owner has not confirmed gets no other mails than a confirmation
 * of its own order and a verification: `auth` requests a reset only for a confirmed one, and so must every mail to come.
 * @throws PermanentError if no mail follows from the event's type, or its payload does not match the contract
 */
export async function dueMail(event: Event): Promise<DueMail> {
  switch (event.type) {
    case PaymentSucceeded.type: {
      const { userId, email, ...order } = payloadOf(event, PaymentSucceeded);
      return { kind: 'order', name: 'confirmation', userId, to: email, ...(await renderConfirmation(order)) };
    }
    case VerificationRequested.type: {
      const { userId, email, link } = payloadOf(event, VerificationRequested);
      return { kind: 'account', name: 'verification', userId, to: email, ...(await renderVerification(link)) };
    }
    case ResetRequested.type: {
      const { userId, email, link } = payloadOf(event, ResetRequested);
      return { kind: 'account', name: 'password reset', userId, to: email, ...(await renderReset(link)) };
    }
    default:
      throw new PermanentError(`Event ${event.id} is ${event.type}, for which there is no mail`);
  }
}
