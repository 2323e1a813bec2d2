import type { ChargeStatus } from '../../contracts/charge.ts';

export interface Charge {
  readonly id: string;
  readonly key: string;
  readonly status: ChargeStatus;
  readonly amountCents: number;
}

export interface ChargeStore {
  /** Decides the charge with this key, unless it is decided already. Returns the charge as decided. */
  decide(charge: Omit<Charge, 'id'>): Promise<Charge>;
  find(key: string): Promise<Charge | undefined>;
}
