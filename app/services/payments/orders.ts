import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { HttpClient } from '../../kit/http-client.ts';

/** An order as `orders` answers it, as far as paying needs it. */
const Order = Type.Object({
  status: Type.Enum(['pending', 'paid']),
  totalCents: Type.Integer({ minimum: 0 }),
});

/** Answers the order, if the user whose cookie it is has one with this id. */
export type FindOrder = (orderId: string, cookie: string) => Promise<Static<typeof Order> | undefined>;

export function findOrderOver(client: HttpClient): FindOrder {
  return async (orderId, cookie) => {
    const { status, json } = await client.request('GET', `/api/orders/${orderId}`, { headers: { cookie } });
    if (status === 404) return undefined;
    if (status === 200 && Value.Check(Order, json)) return json;
    throw new Error(`orders answered GET /api/orders/${orderId} with ${status}: ${JSON.stringify(json)}`);
  };
}
