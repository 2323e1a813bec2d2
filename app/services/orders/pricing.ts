import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { HttpClient } from '../../kit/http-client.ts';
import { Problem } from '../../kit/problem.ts';
import type { Line, PricedLine } from './order.ts';

/** Prices in cents by product id; a product that does not exist is missing. */
export type FindPrices = (productIds: string[]) => Promise<Map<string, number>>;

/** A page of products as `catalog` answers it, as far as an order needs it. */
const Products = Type.Object({
  items: Type.Array(Type.Object({ id: Type.String(), priceCents: Type.Integer({ minimum: 0 }) })),
});

export function findPricesOver(client: HttpClient): FindPrices {
  return async (productIds) => {
    const path = `/api/products?ids=${productIds.map(encodeURIComponent).join(',')}`;
    const { status, json } = await client.request('GET', path);
    if (status !== 200 || !Value.Check(Products, json)) {
      throw new Error(`catalog answered GET ${path} with ${status}: ${JSON.stringify(json)}`);
    }
    return new Map(json.items.map(({ id, priceCents }) => [id, priceCents]));
  };
}

/**
 * The lines of an order with the prices of now.
 * @throws Problem 400 naming products that come twice, 422 naming those that do not exist.
 */
export async function price(lines: Line[], findPrices: FindPrices): Promise<PricedLine[]> {
  const ids = lines.map(({ productId }) => productId);
  refuse(400, 'Product ordered twice', lines, (line, i) =>
    ids.indexOf(line.productId) < i ? 'comes twice: give it once, with the quantity of both' : undefined,
  );
  const prices = await findPrices(ids);
  refuse(422, 'Unknown product', lines, ({ productId }) =>
    prices.has(productId) ? undefined : `there is no product ${productId}`,
  );
  return lines.map(({ productId, quantity }) => ({ productId, quantity, priceCents: prices.get(productId) ?? 0 }));
}

function refuse(
  status: number,
  title: string,
  lines: Line[],
  faultOf: (line: Line, index: number) => string | undefined,
): void {
  const errors = lines.flatMap((line, i) => {
    const detail = faultOf(line, i);
    return detail === undefined ? [] : [{ field: `items/${i}/productId`, detail }];
  });
  if (errors.length > 0) throw new Problem(status, title, { errors });
}

export function total(items: PricedLine[]): number {
  return items.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0);
}
