import { expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { DecidedCharge } from '../../app/contracts/charge.ts';
import { PayableOrder } from '../../app/contracts/order.ts';
import { KeyOwner } from '../../app/contracts/key-owner.ts';
import { PricedProducts } from '../../app/contracts/product.ts';
import type { App } from '../../app/kit/app.ts';
import { createApp as createAuth } from '../../app/services/auth/app.ts';
import { createApp as createCatalog } from '../../app/services/catalog/app.ts';
import { createApp as createOrders } from '../../app/services/orders/app.ts';
import { createApp as createSandbox } from '../../app/services/sandbox/app.ts';
import { breaches } from '../support/contracts.ts';
import { memoryRedis, noKeys } from '../support/sign-in.ts';

/** No request of these tests reaches a store. */
const store = {} as never;
const sessions = { redis: memoryRedis(), sessionSecret: 's'.repeat(32), findKeyOwner: noKeys };

const auth = createAuth({ store, keys: store, siteUrl: '', onCommit: () => {}, ...sessions });

test.each([
  ['auth', '/api/auth/me', 'get', KeyOwner, auth],
  ['catalog', '/api/products', 'get', PricedProducts, createCatalog({ store })],
  ['orders', '/api/orders/{id}', 'get', PayableOrder, createOrders({ store, findPrices: store, ...sessions })],
  ['sandbox', '/sandbox/charges/{key}/void', 'post', DecidedCharge, createSandbox({ store, providerKey: 'key' })],
] as const)(
  'the response of %s to %s satisfies the contract of its callers',
  async (name, path, method, contract, app) => {
    expect(breaches(await publishedSchema(app, name, path, method), contract)).toEqual([]);
  },
);

test.each([
  ['lacks a property', { status: PayableOrder.properties.status }, ['/totalCents is missing', ' may lack totalCents']],
  [
    'has an optional property',
    { ...PayableOrder.properties, totalCents: Type.Optional(PayableOrder.properties.totalCents) },
    [' may lack totalCents'],
  ],
  [
    'changes a type',
    { ...PayableOrder.properties, totalCents: Type.String() },
    ['/totalCents has type string, not integer', '/totalCents may be less than 0'],
  ],
  [
    'adds a value',
    { ...PayableOrder.properties, status: Type.Enum(['pending', 'paid', 'shipped']) },
    ['/status may have other values than pending, paid'],
  ],
])('a response that %s breaks a contract', (_what, properties, expected) => {
  expect(breaches(Type.Object(properties), PayableOrder).toSorted()).toEqual(expected.toSorted());
});

test('a response may have more properties and stricter values than the contract', () => {
  const properties = { id: Type.String(), status: Type.Literal('paid'), totalCents: Type.Integer({ minimum: 1 }) };
  expect(breaches(Type.Object(properties), PayableOrder)).toEqual([]);
});

async function publishedSchema(app: App, name: string, path: string, method: string) {
  const { paths } = (await app.inject(`/api/${name}/openapi.json`)).json();
  return paths[path][method].responses[200].content['application/json'].schema;
}
