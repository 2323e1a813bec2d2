import { Type, type Static } from 'typebox';

/** The final outcome of a charge: the provider decides once per key. */
export const ChargeStatus = Type.Enum(['succeeded', 'declined', 'voided']);
export type ChargeStatus = Static<typeof ChargeStatus>;

/** What `payments` relies on in the payment provider's response to `POST /charges/:key/void`. */
export const DecidedCharge = Type.Object({ status: ChargeStatus });

/** The status of the provider's response to `POST /charges`, by the outcome of the charge. */
export const chargeResponses = { 201: 'succeeded', 402: 'declined', 410: 'voided' } as const satisfies Record<
  number,
  ChargeStatus
>;
