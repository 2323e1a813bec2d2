import { Value } from 'typebox/value';
import { PayableOrder } from '../../contracts/order.ts';
import type { HttpClient } from '../../kit/http-client.ts';

/** Returns the order, if the user with these credentials has one with this id. */
export type FindOrder = (
  orderId: string,
  credentials: Readonly<Record<string, string>>,
) => Promise<PayableOrder | undefined>;

/** Finds orders by calling `orders`. */
export function createOrderFinder(orders: HttpClient): FindOrder {
  return async (orderId, headers) => {
    const { status, json } = await orders.request('GET', `/api/orders/${orderId}`, { headers });
    if (status === 404) return undefined;
    if (status === 200 && Value.Check(PayableOrder, json)) return json;
    throw new Error(`orders responded to GET /api/orders/${orderId} with ${status}: ${JSON.stringify(json)}`);
  };
}
