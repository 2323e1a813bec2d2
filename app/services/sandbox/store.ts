import type { Generated } from 'kysely';
import type { Database } from '../../kit/database.ts';

export interface Charge {
  readonly id: string;
  readonly key: string;
  readonly status: 'succeeded' | 'declined' | 'voided';
  readonly amountCents: number;
}

export interface ChargeStore {
  /** Decides the fate of the key, unless it is decided; answers it. */
  decide(charge: Omit<Charge, 'id'>): Promise<Charge>;
  find(key: string): Promise<Charge | undefined>;
}

export interface SandboxSchema {
  charges: { key: string; id: Generated<string>; status: Charge['status']; amount_cents: number };
}

export function createChargeStore({ primary }: Database<SandboxSchema>): ChargeStore {
  const charges = primary.selectFrom('charges').select(['id', 'key', 'status', 'amount_cents as amountCents']);
  return {
    async decide({ key, status, amountCents }) {
      await primary
        .insertInto('charges')
        .values({ key, status, amount_cents: amountCents })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return charges.where('key', '=', key).executeTakeFirstOrThrow();
    },
    find: (key) => charges.where('key', '=', key).executeTakeFirst(),
  };
}
