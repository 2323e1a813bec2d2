/** Decides which time-outs are evidence that a dependency is down. */
export interface TimeOuts {
  /** Whether a time-out of a request that is attributable to `causes` counts. */
  count(causes: readonly string[]): boolean;
  /** A request succeeded: all causes count again. */
  reset(): void;
}

/**
 * A time-out counts if it shares no cause, such as a customer or a card, with one of the last `limit` that counted since a
 * success. So one customer's hanging card counts once, however often it is used. A time-out without causes always counts.
 */
export function createTimeOuts(limit: number): TimeOuts {
  let counted: (readonly string[])[] = [];
  return {
    count(causes) {
      if (counted.some((earlier) => earlier.some((cause) => causes.includes(cause)))) return false;
      if (causes.length > 0) counted = [...counted, causes].slice(-limit);
      return true;
    },
    reset() {
      counted = [];
    },
  };
}
