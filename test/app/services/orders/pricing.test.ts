import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { HttpClient } from '../../../../app/kit/http-client.ts';
import { createPriceFinder, price, total } from '../../../../app/services/orders/pricing.ts';

const prices = async () =>
  new Map([
    ['heat', 1_250],
    ['alien', 0],
  ]);

test('lines keep their order and quantity, and get the price of their product, even if it is 0', async () => {
  const items = await price(
    [
      { productId: 'alien', quantity: 3 },
      { productId: 'heat', quantity: 2 },
    ],
    prices,
  );
  expect(items).toEqual([
    { productId: 'alien', quantity: 3, priceCents: 0 },
    { productId: 'heat', quantity: 2, priceCents: 1_250 },
  ]);
  expect(total(items)).toBe(2_500);
});

test('the total of the largest order is exact to the cent', () => {
  const line = fc.record({
    productId: fc.string(),
    quantity: fc.integer({ min: 1, max: 100 }),
    // The largest price that the catalogue can store.
    priceCents: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 50 }), (items) => {
      const exact = items.reduce((sum, { quantity, priceCents }) => sum + BigInt(quantity) * BigInt(priceCents), 0n);
      expect(BigInt(total(items))).toBe(exact);
      expect(Number.isSafeInteger(total(items))).toBe(true);
    }),
  );
});

test('all unknown products are named', async () => {
  const lines = ['jaws', 'heat', 'up'].map((productId) => ({ productId, quantity: 1 }));
  await expect(price(lines, prices)).rejects.toMatchObject({
    status: 422,
    errors: [{ field: 'items/0/productId' }, { field: 'items/2/productId' }],
  });
});

test('a product that occurs twice is refused before the catalogue is called', async () => {
  const unexpected = () => Promise.reject(new Error('the catalogue was called'));
  const lines = [1, 2].map((quantity) => ({ productId: 'heat', quantity }));
  await expect(price(lines, unexpected)).rejects.toMatchObject({
    status: 400,
    errors: [{ field: 'items/1/productId' }],
  });
});

test('prices are read from the catalogue in one request', async () => {
  const calls: string[] = [];
  const response = {
    status: 200,
    json: { items: [{ id: 'heat', name: 'Heat', priceCents: 1_250 }], nextCursor: null },
  };
  const findPrices = createPriceFinder(client(response, calls));
  expect(await findPrices(['heat', 'jaws'])).toEqual(new Map([['heat', 1_250]]));
  expect(calls).toEqual(['GET /api/products?ids=heat,jaws']);
});

test.each([
  ['an invalid page', { status: 200, json: { items: [{ id: 'heat', priceCents: '12.50' }] } }],
  ['a negative price', { status: 200, json: { items: [{ id: 'heat', priceCents: -1 }] } }],
  ['an error', { status: 400, json: {} }],
])('%s is not used for prices', async (_, response) => {
  await expect(createPriceFinder(client(response, []))(['heat'])).rejects.toThrow('catalog responded');
});

function client(response: { status: number; json: unknown }, calls: string[]): HttpClient {
  return {
    async request(method, path) {
      calls.push(`${method} ${path}`);
      return response;
    },
  };
}
