/** The events whose mail was sent, or refused for good. */
export interface SentStore {
  /**
   * Runs `send` unless it ran for this event before, and returns what became of the mail. Unless `send` throws, which may
   * pass, the event is dealt with for good. A concurrent call for the same event waits.
   */
  once(eventId: string, send: () => Promise<Outcome>): Promise<Outcome | 'repeated'>;
}

export interface Outcome {
  readonly outcome: 'sent' | 'refused';
  /** Why the mail was not sent. */
  readonly reason?: string;
}
