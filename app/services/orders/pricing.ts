import { Value } from 'typebox/value';
import { PricedProducts } from '../../contracts/product.ts';
import type { HttpClient } from '../../kit/http-client.ts';
import { Problem } from '../../kit/problem.ts';
import type { Line, PricedLine } from './order.ts';

/** Returns prices in cents by product id, without products that do not exist. */
export type FindPrices = (productIds: string[]) => Promise<Map<string, number>>;

/** Finds prices by calling `catalog`. */
export function createPriceFinder(catalog: HttpClient): FindPrices {
  return async (productIds) => {
    const path = `/api/products?ids=${productIds.map(encodeURIComponent).join(',')}`;
    const { status, json } = await catalog.request('GET', path);
    if (status === 200 && Value.Check(PricedProducts, json))
      return new Map(json.items.map(({ id, priceCents }) => [id, priceCents]));
    throw new Error(`catalog responded to GET ${path} with ${status}: ${JSON.stringify(json)}`);
  };
}

/**
 * Adds the current prices to the lines of an order.
 * @throws Problem 400 naming products that occur twice, 422 naming products that do not exist
 */
export async function price(lines: Line[], findPrices: FindPrices): Promise<PricedLine[]> {
  const ids = lines.map(({ productId }) => productId);
  refuse(400, 'Product ordered twice', lines, (line, i) =>
    ids.indexOf(line.productId) < i ? 'occurs twice: order it once, with the sum of both quantities' : undefined,
  );
  const prices = await findPrices(ids);
  refuse(422, 'Unknown product', lines, ({ productId }) =>
    prices.has(productId) ? undefined : `there is no product ${productId}`,
  );
  return lines.map(({ productId, quantity }) => ({ productId, quantity, priceCents: prices.get(productId) ?? 0 }));
}

/** @throws Problem if `faultOf` returns a fault of any line */
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

/** In cents. */
export function total(items: PricedLine[]): number {
  return items.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0);
}
