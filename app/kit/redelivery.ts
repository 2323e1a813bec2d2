import { isOutage } from './outage.ts';
import { PermanentError } from './permanent-error.ts';

/** After the first failure of a message, in seconds. */
const firstDelay = 1;

/** SQS hides a message for 12 hours at most, in seconds; see `longestDelay`. */
const sqsMaximum = 43_200;

/**
 * Returns for how many seconds to hide a message that was received `receives` times and failed: twice as long each time, up
 * to `longest`. Between half of that and all of it, at random, so that messages that failed together return one by one.
 */
export function retryDelay(receives: number, longest: number): number {
  const delay = Math.min(firstDelay * 2 ** (receives - 1), longest);
  return Math.ceil(delay * (0.5 + Math.random() / 2));
}

/**
 * Returns the longest delay, in seconds, for messages whose handling takes up to `handling` seconds. SQS counts its 12 hours
 * from when the message was received, and refuses a longer delay instead of shortening it
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html). The minute is for
 * the request itself.
 */
export const longestDelay = (handling: number): number => sqsMaximum - Math.ceil(handling) - 60;

/**
 * Returns after how many receives a message that fails with this error goes to the dead-letter queue:
 * - While a dependency is down, as often as the queue itself permits. Its limit is higher than 14 days of failures reach.
 * - An error that no repetition mends: 10, which is 4 to 9 minutes. Not at once, because during a deployment a newer task
 *   may understand the message.
 * - Any other error, probably a bug: 14, which is 1 to 2.5 hours.
 */
export function receiveLimit(error: unknown): number {
  if (isOutage(error)) return Infinity;
  return error instanceof PermanentError ? 10 : 14;
}
