import { PaymentSucceeded } from '../../contracts/payment-succeeded.ts';
import { payloadOf, type Event } from '../../kit/events.ts';
import type { OrderStore } from './order.ts';

/** Marks the order of a payment as paid. A repetition only confirms that to `payments` again. */
export async function handlePaid({ store }: { store: OrderStore }, event: Event): Promise<void> {
  const { userId, orderId, paymentId } = payloadOf(event, PaymentSucceeded);
  if (!(await store.markPaid(userId, orderId, { id: paymentId, succeededAt: event.at })))
    throw new Error(`Event ${event.id} pays order ${orderId}, which does not exist`);
}
