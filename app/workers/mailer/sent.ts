/** The events whose mail was sent. */
export interface SentStore {
  /**
   * Runs `send` unless it ran for this event before, and returns whether it did. The event counts as sent only once `send`
   * has resolved. A concurrent call for the same event waits.
   */
  once(eventId: string, send: () => Promise<void>): Promise<boolean>;
}
