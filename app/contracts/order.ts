import { Type, type Static } from 'typebox';

/** What `payments` relies on in the response of `orders` to `GET /api/orders/:id`. */
export const PayableOrder = Type.Object({
  status: Type.Enum(['pending', 'paid']),
  totalCents: Type.Integer({ minimum: 0 }),
});
export type PayableOrder = Static<typeof PayableOrder>;
