import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { OrderPaid } from '../../../../app/contracts/order-paid.ts';
import type { App } from '../../../../app/kit/app.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import { payloadOf, type Event } from '../../../../app/kit/events.ts';
import { DependencyError } from '../../../../app/kit/problem.ts';
import { createApp } from '../../../../app/services/orders/app.ts';
import { handlePaid } from '../../../../app/services/orders/events.ts';
import type { OrderStore } from '../../../../app/services/orders/order.ts';
import { createOrderStore, type OrdersTables } from '../../../../app/services/orders/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { eventually } from '../../../support/eventually.ts';
import { allowSignIn, memoryRedis, noKeys } from '../../../support/sign-in.ts';
import { silentTask } from '../../../support/task.ts';
import { createMetrics, type Metrics } from '../../../../app/kit/telemetry/metrics.ts';
import { measured } from '../../../support/measured.ts';

const catalogue = new Map([
  ['heat', 1_250],
  ['alien', 999],
]);
/** How `catalog` responds. */
let findPrices = async (ids: string[]) => new Map([...catalogue].filter(([id]) => ids.includes(id)));
const working = findPrices;

let database: TestDatabase<'orders'>;
let store: OrderStore;
let metrics: Metrics;
let app: App;
const ada = { id: randomUUID(), email: 'ada@example.com' };
let cookie: string;
let strangersCookie: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await createDatabase('orders');
  const task = silentTask(database.config.orders);
  metrics = createMetrics();
  store = createOrderStore(connectDatabase<OrdersTables>(task), metrics);
  app = createApp({
    redis: memoryRedis(),
    sessionSecret: 's'.repeat(32),
    findKeyOwner: noKeys,
    store,
    findPrices: (ids) => findPrices(ids),
  });
  const signIn = allowSignIn(app);
  cookie = await signIn(ada);
  strangersCookie = await signIn({ id: randomUUID(), email: 'eve@example.com' });
  closing.push(
    () => app.close(),
    () => task.stop(),
    () => database.drop(),
  );
});

afterAll(async () => {
  for (const close of closing) await close();
});

beforeEach(async () => {
  findPrices = working;
  await adminQuery(database, 'TRUNCATE orders.orders, orders.order_items, orders.idempotency_keys, orders.outbox');
});

test('an order has the prices of the catalogue, and is pending', async () => {
  const items = [
    { productId: 'heat', quantity: 2 },
    { productId: 'alien', quantity: 1 },
  ];
  const placed = await order(items);
  expect(placed).toMatchObject({
    status: 201,
    body: {
      status: 'pending',
      totalCents: 3_499,
      paymentId: null,
      paidAt: null,
      items: [
        { productId: 'heat', quantity: 2, priceCents: 1_250 },
        { productId: 'alien', quantity: 1, priceCents: 999 },
      ],
    },
  });
  expect(await get(`/api/orders/${String(placed.body['id'])}`)).toEqual({ status: 200, body: placed.body });
});

test('ten concurrent duplicates of an order make one order, which all of them return, and count once', async () => {
  const before = (await measured(metrics))['OrdersPlaced']?.[''] ?? 0;
  const key = randomUUID();
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => order([{ productId: 'heat', quantity: 1 }], key)),
  );
  expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
  expect(new Set(responses.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(await count('orders')).toBe(1);
  expect(await measured(metrics)).toEqual({ OrdersPlaced: { '': before + 1 } });
});

test('a repeated order is returned even if the catalogue is down or has dropped the product', async () => {
  const key = randomUUID();
  const items = [{ productId: 'heat', quantity: 1 }];
  const first = await order(items, key);
  findPrices = () => Promise.reject(new DependencyError('catalog'));
  expect(await order(items, key)).toEqual(first);
  expect(await order(items, randomUUID())).toMatchObject({ status: 503 });
  findPrices = async () => new Map();
  expect(await order(items, key)).toEqual(first);
});

test('a key that is used again with another body is refused', async () => {
  const key = randomUUID();
  await order([{ productId: 'heat', quantity: 1 }], key);
  expect(await order([{ productId: 'heat', quantity: 2 }], key)).toMatchObject({ status: 422 });
  expect(await count('orders')).toBe(1);
});

test('a key whose first request failed is free again', async () => {
  const key = randomUUID();
  expect(await order([{ productId: 'jaws', quantity: 1 }], key)).toMatchObject({ status: 422 });
  expect(await order([{ productId: 'heat', quantity: 1 }], key)).toMatchObject({ status: 201 });
});

test('orders are listed newest first, page by page, and only to the user who placed them', async () => {
  const ids: unknown[] = [];
  for (let i = 0; i < 5; i += 1) ids.unshift((await order([{ productId: 'heat', quantity: 1 }])).body['id']);
  const pages: unknown[][] = [];
  let query = '';
  do {
    const { items, nextCursor } = (await get(`/api/orders?limit=2${query}`)).body as {
      items: { id: string }[];
      nextCursor: string | null;
    };
    pages.push(items.map(({ id }) => id));
    query = nextCursor === null ? '' : `&cursor=${nextCursor}`;
  } while (query !== '');
  expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  expect(await get('/api/orders', strangersCookie)).toEqual({ status: 200, body: { items: [], nextCursor: null } });
  expect(await get(`/api/orders/${String(ids[0])}`, strangersCookie)).toMatchObject({ status: 404 });
  expect(await get(`/api/orders/${randomUUID()}`)).toMatchObject({ status: 404 });
});

const payment = { userId: ada.id, paymentId: randomUUID(), email: 'ada@example.com', amountCents: 1_250 };

test('the event of a payment marks the order as paid by it, and a repetition of it or another payment changes nothing', async () => {
  const { body } = await order([{ productId: 'heat', quantity: 1 }]);
  const event = { id: randomUUID(), type: 'payment.succeeded', at: new Date().toISOString() };
  const paid = { ...event, payload: { ...payment, orderId: body['id'] } };
  await handlePaid({ store }, paid);
  await handlePaid({ store }, paid);
  await handlePaid(
    { store },
    { ...paid, at: '2030-01-01T00:00:00.000Z', payload: { ...paid.payload, paymentId: randomUUID() } },
  );
  const expected = { ...body, status: 'paid', paymentId: payment.paymentId, paidAt: event.at };
  // The user has not written it: it is seen once the replica has it.
  await eventually(async () =>
    expect(await get(`/api/orders/${String(body['id'])}`)).toEqual({ status: 200, body: expected }),
  );
});

test('each event of a payment is confirmed to payments, also a repeated one', async () => {
  const { body } = await order([{ productId: 'heat', quantity: 1 }]);
  const event = { id: randomUUID(), type: 'payment.succeeded', at: new Date().toISOString() };
  const paid = { ...event, payload: { ...payment, orderId: body['id'] } };
  await handlePaid({ store }, paid);
  await handlePaid({ store }, paid);
  const confirmed = { userId: ada.id, orderId: body['id'], paymentId: payment.paymentId };
  const rows = await adminQuery(database, 'SELECT type, payload FROM orders.outbox');
  expect(rows).toEqual([1, 2].map(() => ({ type: 'order.paid', payload: confirmed })));
  expect(payloadOf(rows[0] as unknown as Event, OrderPaid)).toEqual(confirmed);
});

test('an event for an unknown order, or with an invalid payload, fails', async () => {
  const event = { id: randomUUID(), type: 'payment.succeeded', at: new Date().toISOString() };
  const orderId = randomUUID();
  await expect(handlePaid({ store }, { ...event, payload: { ...payment, orderId } })).rejects.toThrow(orderId);
  await expect(handlePaid({ store }, { ...event, payload: {} })).rejects.toThrow();
  expect(await count('outbox')).toBe(0);
});

const line = { productId: 'heat', quantity: 1 };
const bad: [string, unknown, number, string | undefined][] = [
  ['malformed JSON', '{"items":', 400, undefined],
  ['no items', {}, 400, 'items'],
  ['an empty order', { items: [] }, 400, 'items'],
  ['51 lines', { items: Array.from({ length: 51 }, (_, i) => ({ ...line, productId: `p${i}` })) }, 400, 'items'],
  ['quantity 0', { items: [{ ...line, quantity: 0 }] }, 400, 'items/0/quantity'],
  ['quantity 10^9', { items: [line, { productId: 'alien', quantity: 1e9 }] }, 400, 'items/1/quantity'],
  ['half a product more', { items: [{ ...line, quantity: 1.5 }] }, 400, 'items/0/quantity'],
  ['a quantity as text', { items: [{ ...line, quantity: '1' }] }, 400, 'items/0/quantity'],
  ['a product without an id', { items: [{ quantity: 1 }] }, 400, 'items/0/productId'],
  ['a product id that is a list of two', { items: [{ ...line, productId: 'heat,alien' }] }, 400, 'items/0/productId'],
  ['a product id that is too long', { items: [{ ...line, productId: 'x'.repeat(101) }] }, 400, 'items/0/productId'],
  ['a price', { items: [{ ...line, priceCents: 1 }] }, 400, 'items/0/priceCents'],
  ['a product twice', { items: [line, { ...line, quantity: 2 }] }, 400, 'items/1/productId'],
  ['an unknown product', { items: [line, { productId: 'jaws', quantity: 1 }] }, 422, 'items/1/productId'],
  ['a body over the limit', { items: [{ ...line, productId: 'x'.repeat(100_000) }] }, 413, undefined],
];

test.each(bad)('%s is refused and writes nothing', async (_, payload, status, field) => {
  const response = await send(payload, { cookie, 'idempotency-key': randomUUID() });
  expect(response.status).toBe(status);
  if (field !== undefined) expect(response.body).toMatchObject({ errors: [{ field }] });
  expect([await count('orders'), await count('order_items'), await count('idempotency_keys')]).toEqual([0, 0, 0]);
});

test('a user who is not signed in can neither place nor read orders', async () => {
  expect(await send({ items: [line] }, {})).toMatchObject({ status: 401 });
  expect(await get('/api/orders', '')).toMatchObject({ status: 401 });
  expect(await count('orders')).toBe(0);
});

function order(items: unknown[], key?: string) {
  return send({ items }, { cookie, ...(key === undefined ? {} : { 'idempotency-key': key }) });
}

async function send(payload: unknown, headers: Record<string, string>) {
  const response = await app.inject({
    method: 'POST',
    url: '/api/orders',
    headers: { ...headers, 'content-type': 'application/json' },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
}

async function get(url: string, as = cookie) {
  const response = await app.inject({ url, headers: { cookie: as } });
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
}

async function count(table: string): Promise<number> {
  const [row] = await adminQuery(database, `SELECT count(*)::int AS count FROM orders.${table}`);
  return Number(row?.['count']);
}
