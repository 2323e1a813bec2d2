/** What became of a charge, for good: the provider decides once per key. */
export type Verdict = 'succeeded' | 'declined' | 'voided';

export interface ChargeRequest {
  /** Idempotency key: the provider charges at most once per key, however often it is asked. */
  readonly key: string;
  readonly amountCents: number;
  readonly cardToken: string;
}

/** Both methods throw the kit's DependencyError where the provider does not answer: then nothing is known. */
export interface PaymentProvider {
  /** Charges the card, or answers what became of the charge with this key. */
  charge(request: ChargeRequest): Promise<Verdict>;
  /** Answers what became of the charge with this key; where there was none, sees to it that there never will be. */
  settle(key: string): Promise<Verdict>;
}
