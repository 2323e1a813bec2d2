import type { ChargeStatus } from '../../contracts/charge.ts';

export type Verdict = ChargeStatus;

export interface ChargeRequest {
  /** Idempotency key: the provider charges at most once per key, however often it is called. */
  readonly key: string;
  readonly amountCents: number;
  readonly cardToken: string;
  readonly customerId: string;
}

/** Both methods throw a DependencyError if the provider does not respond; the outcome is then unknown. */
export interface PaymentProvider {
  /** Charges the card, or returns the outcome of the earlier charge with this key. */
  charge(request: ChargeRequest): Promise<Verdict>;
  /** Returns the outcome of the charge with this key. If there was none, voids the key, so that there never will be. */
  settle(charge: Pick<ChargeRequest, 'key' | 'customerId'>): Promise<Verdict>;
}
