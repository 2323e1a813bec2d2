import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../kit/database.ts';
import type { Charge, ChargeStore } from './charge.ts';

export interface SandboxTables {
  charges: { key: string; id: string; status: Charge['status']; amount_cents: number };
}

/** Reads and writes on the primary: a charge is decided once. */
export function createChargeStore({ primary }: Database<SandboxTables>): ChargeStore {
  const charges = primary.selectFrom('charges').select(['id', 'key', 'status', 'amount_cents as amountCents']);
  return {
    async decide({ key, status, amountCents }) {
      await primary
        .insertInto('charges')
        .values({ key, id: uuidv7(), status, amount_cents: amountCents })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return charges.where('key', '=', key).executeTakeFirstOrThrow();
    },
    find: (key) => charges.where('key', '=', key).executeTakeFirst(),
  };
}
