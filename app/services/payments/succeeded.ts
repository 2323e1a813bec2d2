import type { Transaction } from 'kysely';
import { PaymentSucceeded } from '../../contracts/payment-succeeded.ts';
import { appendEvent } from '../../kit/outbox.ts';
import type { Payment } from './payment.ts';
import type { PaymentsTables } from './tables.ts';

type Paid = Pick<Payment, 'userId' | 'id' | 'orderId' | 'email' | 'amountCents'>;

/** Publishes that a payment has succeeded, again and again until `orders` confirms that the order is paid. */
export async function publishSucceeded(tx: Transaction<PaymentsTables>, payment: Paid): Promise<void> {
  await tx.insertInto('unconfirmed').values({ user_id: payment.userId, payment_id: payment.id }).execute();
  await appendSucceeded(tx, payment);
}

/** Appends the event, which has the id of the payment: repetitions of it have the same. `at` is now unless given. */
export async function appendSucceeded(tx: Transaction<PaymentsTables>, payment: Paid, at?: Date): Promise<void> {
  const { userId, id, orderId, email, amountCents } = payment;
  await appendEvent(tx, PaymentSucceeded, { userId, orderId, paymentId: id, email, amountCents }, { id, at });
}
