import { OrderPaid } from '../../contracts/order-paid.ts';
import { payloadOf, type Event } from '../../kit/events.ts';
import type { Logger } from '../../kit/log.ts';
import { continueTrace, runInTrace } from '../../kit/trace-context.ts';

/** A succeeded payment whose order is not known to be paid. */
export interface Unconfirmed {
  readonly paymentId: string;
  readonly orderId: string;
  readonly succeededAt: Date;
  /** Whether its event was published for so long in vain that it is not published again. */
  readonly givenUp: boolean;
}

export interface ConfirmationStore {
  /** The order of this payment is paid. Changes nothing if that was known. */
  confirm(userId: string, paymentId: string): Promise<void>;
  /**
   * Stores `payment.succeeded` again, with its first id, for payments that wait for confirmation, the longest due first.
   * Leaves out those whose event is still in the outbox. Returns these payments, and those that it gave up.
   */
  publishAgain(limit: number): Promise<Unconfirmed[]>;
}

const batchSize = 20;

/** Handles the confirmation by `orders` that an order is paid. Idempotent. */
export async function handleOrderPaid({ store }: { store: ConfirmationStore }, event: Event): Promise<void> {
  const { userId, paymentId } = payloadOf(event, OrderPaid);
  await store.confirm(userId, paymentId);
}

/**
 * Repairs orders that are pending although they were paid: `orders` never received the event, or failed to handle it. The
 * event is published again until `orders` confirms it; receivers know a repetition by its id.
 */
export async function publishUnconfirmed({ store, log }: { store: ConfirmationStore; log: Logger }): Promise<void> {
  // The trace of the request is lost; a new one ties the event to its receivers.
  await runInTrace(continueTrace({}), async () => {
    for (const { givenUp, ...payment } of await store.publishAgain(batchSize)) {
      if (givenUp) log.error(payment, 'order was never confirmed as paid, its payment is not published again');
      else log.warn(payment, 'order is not confirmed as paid, its payment is published again');
    }
  });
}
