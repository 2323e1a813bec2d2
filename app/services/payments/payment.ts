import type { Verdict } from './provider.ts';

export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly userId: string;
  readonly email: string;
  readonly amountCents: number;
  readonly status: 'pending' | Verdict;
  /** Of the request that made it: a key that comes again must come with the same one. */
  readonly requestHash: string;
}

export type NewPayment = Omit<Payment, 'id' | 'status'> & { readonly idempotencyKey: string | undefined };

export interface PaymentStore {
  findByKey(userId: string, idempotencyKey: string): Promise<Payment | undefined>;
  /**
   * Makes a pending payment, or answers the one that this user already made with this key.
   * @returns undefined where the order has another payment, pending or succeeded.
   */
  open(payment: NewPayment): Promise<Payment | undefined>;
  /**
   * Records the verdict on a pending payment, together with the event if it succeeded; leaves a settled one alone.
   * @returns the payment as it now stands.
   */
  settle(id: string, verdict: Verdict): Promise<Payment>;
  /** Takes payments that were left pending, oldest first; no other task gets them within the next minute. */
  claimAbandoned(limit: number): Promise<Payment[]>;
}
