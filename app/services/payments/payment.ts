import type { Verdict } from './provider.ts';

export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly userId: string;
  readonly email: string;
  readonly amountCents: number;
  readonly status: 'pending' | Verdict;
  /** Hash of the request that created it: a repetition of its key must have the same one. */
  readonly requestHash: string;
}

export type NewPayment = Omit<Payment, 'id' | 'status'> & { readonly idempotencyKey: string | undefined };

/** Why an order cannot be paid: another payment for it has succeeded, or may still succeed. */
export type Obstacle = 'paid' | 'pending';

export interface PaymentStore {
  findByKey(userId: string, idempotencyKey: string): Promise<Payment | undefined>;
  /**
   * Creates a pending payment, or returns the one that this user already created with this key.
   * Returns the obstacle if the order has another payment.
   */
  open(payment: NewPayment): Promise<Payment | Obstacle>;
  /**
   * Stores the verdict on a pending payment, together with the event if it succeeded. Changes nothing if it is settled.
   * Returns the payment as it is afterwards.
   */
  settle(payment: Pick<Payment, 'userId' | 'id'>, verdict: Verdict): Promise<Payment>;
  /** Returns abandoned payments, the oldest first. Other tasks do not get them within the next minute. */
  claimAbandoned(limit: number): Promise<Payment[]>;
}
