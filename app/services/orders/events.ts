import { Type } from 'typebox';
import { payloadOf, type Event } from '../../kit/events.ts';
import type { OrderStore } from './store.ts';

/** What `payments` says of a payment that succeeded, as far as an order needs it. */
const Payment = Type.Object({ orderId: Type.String({ format: 'uuid' }) });

/** Marks the paid order. Any number of times is as good as once. */
export async function handlePaid(store: OrderStore, event: Event): Promise<void> {
  const { orderId } = payloadOf(event, Payment);
  if (!(await store.markPaid(orderId)))
    throw new Error(`Event ${event.id} pays order ${orderId}, which does not exist`);
}
