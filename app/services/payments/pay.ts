import { createHash } from 'node:crypto';
import { DependencyError, Problem } from '../../kit/problem.ts';
import type { FindOrder } from './orders.ts';
import type { Payment, PaymentStore } from './payment.ts';
import type { PaymentProvider } from './provider.ts';

export interface PayRequest {
  readonly user: { readonly id: string; readonly email: string };
  /** The user's own, handed on to `orders`. */
  readonly cookie: string;
  readonly orderId: string;
  readonly cardToken: string;
  readonly idempotencyKey: string | undefined;
}

export interface PayParts {
  readonly store: PaymentStore;
  readonly provider: PaymentProvider;
  readonly findOrder: FindOrder;
}

/** What a client waits before it asks about an unsettled payment again, in seconds. */
const RETRY_AFTER = { 'retry-after': '5' };

/**
 * Pays an order, once. The payment is recorded before the card is charged under the payment's id, so a twin of this
 * request, or a retry after a crash at any point, finds the payment and asks for the same charge.
 * @throws Problem where it does not end in a succeeded payment.
 */
export async function pay(parts: PayParts, request: PayRequest): Promise<Payment> {
  const requestHash = hashOf(request);
  const payment = (await known(parts, request)) ?? (await open(parts, request, requestHash));
  if (payment.requestHash !== requestHash) {
    throw new Problem(422, 'Idempotency key reused', {
      detail: 'This Idempotency-Key came with another body before. Take a new key for a new payment.',
    });
  }
  if (payment.status !== 'pending') return outcome(payment);
  const verdict = await charge(parts.provider, payment, request.cardToken);
  return outcome(await parts.store.settle(payment.id, verdict));
}

async function known({ store }: PayParts, { user, idempotencyKey }: PayRequest): Promise<Payment | undefined> {
  return idempotencyKey === undefined ? undefined : store.findByKey(user.id, idempotencyKey);
}

async function open({ store, findOrder }: PayParts, request: PayRequest, requestHash: string): Promise<Payment> {
  const { user, orderId, idempotencyKey } = request;
  const order = await findOrder(orderId, request.cookie);
  if (order === undefined) throw new Problem(404, 'No such order', { detail: `You have no order ${orderId}.` });
  const payment =
    order.status === 'paid'
      ? undefined
      : await store.open({
          orderId,
          userId: user.id,
          email: user.email,
          amountCents: order.totalCents,
          idempotencyKey,
          requestHash,
        });
  if (payment === undefined) {
    throw new Problem(409, 'Order already paid', {
      detail: `Order ${orderId} is paid, or a payment of it is under way. Look at the order before paying again.`,
      headers: RETRY_AFTER,
    });
  }
  return payment;
}

async function charge(provider: PaymentProvider, { id, amountCents }: Payment, cardToken: string) {
  try {
    return await provider.charge({ key: id, amountCents, cardToken });
  } catch (error) {
    if (!(error instanceof DependencyError)) throw error;
    throw new Problem(error.status, 'Payment provider did not answer', {
      detail: 'The payment is pending. Ask again with the same Idempotency-Key: the card is charged at most once.',
      headers: RETRY_AFTER,
      cause: error,
    });
  }
}

function outcome(payment: Payment): Payment {
  if (payment.status === 'declined') {
    throw new Problem(402, 'Card declined', {
      detail: 'The payment provider declined the card. Pay with another card and a new Idempotency-Key.',
      errors: [{ field: 'cardToken', detail: 'declined' }],
    });
  }
  if (payment.status === 'voided') {
    throw new Problem(409, 'Payment given up', {
      detail: 'This payment was never completed and nothing was charged. Pay again with a new Idempotency-Key.',
    });
  }
  return payment;
}

function hashOf({ orderId, cardToken }: PayRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([orderId, cardToken]))
    .digest('hex');
}
