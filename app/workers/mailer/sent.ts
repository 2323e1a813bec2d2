import type { Kind } from './mail.ts';

/** The events whose mail was sent, or is never sent. */
export interface SentStore {
  /**
   * Runs `send` unless it ran for this event before, or the user has had its mails of this kind, and returns what became
   * of the mail. Unless `send` throws, which may pass, the event is dealt with for good. A concurrent call for the same event
   * or user waits.
   */
  once(
    eventId: string,
    mail: { readonly userId: string; readonly kind: Kind },
    send: () => Promise<Outcome>,
  ): Promise<Outcome | 'repeated'>;
}

export interface Outcome {
  readonly outcome: 'sent' | 'refused' | 'limited';
  /** Why the mail was not sent. */
  readonly reason?: string;
}
