import type { DueMail } from './mail.ts';

/** The events whose mail was sent, or is never sent, and the addresses that get none. */
export interface SentStore {
  /**
   * Runs `send` unless it ran for this event before, the address is suppressed, or the user has had its mails of this kind,
   * and returns what became of the mail. Unless `send` throws, which may pass, the event is dealt with for good. A concurrent
   * call for the same event or user waits.
   */
  once(
    eventId: string,
    mail: Pick<DueMail, 'userId' | 'kind' | 'to'>,
    send: () => Promise<Outcome>,
  ): Promise<Outcome | 'repeated'>;
  /** Sends no more mail to an address of a user. The reason that was given first stays. */
  suppress(userId: string, address: string, reason: string): Promise<void>;
}

export interface Outcome {
  readonly outcome: 'sent' | 'refused' | 'limited' | 'suppressed';
  /** Why the mail was not sent. */
  readonly reason?: string;
}
