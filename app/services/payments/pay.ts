import { createHash } from 'node:crypto';
import { DependencyError, Problem } from '../../kit/problem.ts';
import type { FindOrder } from './orders.ts';
import type { Obstacle, Payment, PaymentStore } from './payment.ts';
import type { PaymentProvider } from './provider.ts';

export interface PayRequest {
  readonly user: { readonly id: string; readonly email: string };
  /** Headers by which `orders` finds the same user. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly orderId: string;
  readonly cardToken: string;
  readonly idempotencyKey: string | undefined;
}

export interface PayParts {
  readonly store: PaymentStore;
  readonly provider: PaymentProvider;
  readonly findOrder: FindOrder;
}

/** How long a client waits before it asks about an unsettled payment again, in seconds. */
const retryAfter = { 'retry-after': '5' };

/**
 * Pays an order, once. The payment is stored before the card is charged under the payment's id. So a concurrent duplicate of
 * the request, or a retry after a crash at any point, finds the payment and asks for the same charge.
 * @throws Problem if the payment did not succeed
 */
export async function pay(parts: PayParts, request: PayRequest): Promise<Payment> {
  const requestHash = hashOf(request);
  const payment = (await findKnown(parts, request)) ?? (await open(parts, request, requestHash));
  if (payment.requestHash !== requestHash) {
    throw new Problem(422, 'Idempotency key reused', {
      detail: 'This Idempotency-Key was used with another body. Use a new key for a new payment.',
    });
  }
  if (payment.status !== 'pending') return requireSuccess(payment);
  const verdict = await charge(parts.provider, payment, request.cardToken);
  return requireSuccess(await parts.store.settle(payment, verdict));
}

async function findKnown({ store }: PayParts, { user, idempotencyKey }: PayRequest): Promise<Payment | undefined> {
  return idempotencyKey === undefined ? undefined : store.findByKey(user.id, idempotencyKey);
}

async function open(parts: PayParts, request: PayRequest, requestHash: string): Promise<Payment> {
  const { user, orderId, idempotencyKey } = request;
  const order = await parts.findOrder(orderId, request.credentials);
  if (order === undefined) throw new Problem(404, 'No such order', { detail: `You have no order ${orderId}.` });
  if (order.status === 'paid') {
    // A request with the same key may have paid it since this one looked.
    return (await findKnown(parts, request)) ?? refuse('paid', orderId);
  }
  const opened = await parts.store.open({
    orderId,
    userId: user.id,
    email: user.email,
    amountCents: order.totalCents,
    idempotencyKey,
    requestHash,
  });
  return typeof opened === 'string' ? refuse(opened, orderId) : opened;
}

function refuse(obstacle: Obstacle, orderId: string): never {
  if (obstacle === 'paid') {
    throw new Problem(409, 'Order already paid', { detail: `Order ${orderId} is paid. Nothing more was charged.` });
  }
  throw new Problem(409, 'Payment under way', {
    detail: `Another payment for order ${orderId} is not decided yet. Check the order before paying again.`,
    headers: retryAfter,
  });
}

async function charge(provider: PaymentProvider, { id, amountCents, userId }: Payment, cardToken: string) {
  try {
    return await provider.charge({ key: id, amountCents, cardToken, customerId: userId });
  } catch (error) {
    if (!(error instanceof DependencyError)) throw error;
    throw new Problem(error.status, 'Payment provider did not respond', {
      detail: 'The payment is pending. Retry with the same Idempotency-Key: the card is charged at most once.',
      headers: retryAfter,
      cause: error,
    });
  }
}

function requireSuccess(payment: Payment): Payment {
  if (payment.status === 'declined') {
    throw new Problem(402, 'Card declined', {
      detail: 'The payment provider declined the card. Pay with another card and a new Idempotency-Key.',
      errors: [{ field: 'cardToken', detail: 'declined' }],
    });
  }
  if (payment.status === 'voided') {
    throw new Problem(409, 'Payment voided', {
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
