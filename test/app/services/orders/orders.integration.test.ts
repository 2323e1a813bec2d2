import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectDatabase } from '../../../../app/kit/database.ts';
import { DependencyError } from '../../../../app/kit/problem.ts';
import type { App } from '../../../../app/kit/server.ts';
import { createApp } from '../../../../app/services/orders/app.ts';
import { handlePaid } from '../../../../app/services/orders/events.ts';
import { createOrderStore, type OrdersSchema, type OrderStore } from '../../../../app/services/orders/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { allowSignIn, memoryRedis } from '../../../support/sign-in.ts';

const catalogue = new Map([
  ['heat', 1_250],
  ['alien', 999],
]);
/** What `catalog` does when it is asked. */
let findPrices = async (ids: string[]) => new Map([...catalogue].filter(([id]) => ids.includes(id)));
const working = findPrices;

let database: TestDatabase<'orders'>;
let store: OrderStore;
let app: App;
let cookie: string;
let strangersCookie: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await createDatabase('orders');
  const connected = connectDatabase<OrdersSchema>(database.config.orders, pino({ level: 'silent' }));
  store = createOrderStore(connected);
  app = await createApp({
    redis: memoryRedis(),
    sessionSecret: 's'.repeat(32),
    store,
    findPrices: (ids) => findPrices(ids),
  });
  const signIn = allowSignIn(app);
  cookie = await signIn({ id: randomUUID(), email: 'ada@example.com' });
  strangersCookie = await signIn({ id: randomUUID(), email: 'eve@example.com' });
  closing.push(
    () => app.close(),
    () => connected.close(),
    () => database.drop(),
  );
});

afterAll(async () => {
  for (const close of closing) await close();
});

beforeEach(async () => {
  findPrices = working;
  await adminQuery(database, 'truncate orders.orders, orders.order_items, orders.idempotency_keys');
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
      items: [
        { productId: 'heat', quantity: 2, priceCents: 1_250 },
        { productId: 'alien', quantity: 1, priceCents: 999 },
      ],
    },
  });
  expect(await get(`/api/orders/${String(placed.body['id'])}`)).toEqual({ status: 200, body: placed.body });
});

test('ten twins of an order at the same moment make one order, and all are answered with it', async () => {
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => order([{ productId: 'heat', quantity: 1 }], key)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(await count('orders')).toBe(1);
});

test('a repeated order is answered though the catalogue is down, or dropped the product since', async () => {
  const key = randomUUID();
  const items = [{ productId: 'heat', quantity: 1 }];
  const first = await order(items, key);
  findPrices = () => Promise.reject(new DependencyError('catalog'));
  expect(await order(items, key)).toEqual(first);
  expect(await order(items, randomUUID())).toMatchObject({ status: 503 });
  findPrices = async () => new Map();
  expect(await order(items, key)).toEqual(first);
});

test('a key that comes again with another body is refused', async () => {
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

test('orders are listed newest first, page by page, and only to who placed them', async () => {
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

test('an event that a payment succeeded marks the order paid, twice as well as once', async () => {
  const { body } = await order([{ productId: 'heat', quantity: 1 }]);
  const event = { id: randomUUID(), type: 'payment.succeeded', at: new Date().toISOString() };
  const paid = { ...event, payload: { orderId: body['id'], paymentId: randomUUID() } };
  await handlePaid(store, paid);
  await handlePaid(store, paid);
  expect(await get(`/api/orders/${String(body['id'])}`)).toEqual({ status: 200, body: { ...body, status: 'paid' } });
});

test('an event about an order that does not exist, or of another shape, is not taken as done', async () => {
  const event = { id: randomUUID(), type: 'payment.succeeded', at: new Date().toISOString() };
  const orderId = randomUUID();
  await expect(handlePaid(store, { ...event, payload: { orderId } })).rejects.toThrow(orderId);
  await expect(handlePaid(store, { ...event, payload: {} })).rejects.toThrow();
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
  ['a quantity in words', { items: [{ ...line, quantity: '1' }] }, 400, 'items/0/quantity'],
  ['a product without an id', { items: [{ quantity: 1 }] }, 400, 'items/0/productId'],
  ['a product id that is two', { items: [{ ...line, productId: 'heat,alien' }] }, 400, 'items/0/productId'],
  ['an id longer than any', { items: [{ ...line, productId: 'x'.repeat(101) }] }, 400, 'items/0/productId'],
  ['a price of the customer', { items: [{ ...line, priceCents: 1 }] }, 400, 'items/0/priceCents'],
  ['a product twice', { items: [line, { ...line, quantity: 2 }] }, 400, 'items/1/productId'],
  ['an unknown product', { items: [line, { productId: 'jaws', quantity: 1 }] }, 422, 'items/1/productId'],
  ['a body over the limit', { items: [{ ...line, productId: 'x'.repeat(100_000) }] }, 413, undefined],
];

test.each(bad)('%s is refused and writes nothing', async (_, payload, status, field) => {
  const answer = await send(payload, { cookie, 'idempotency-key': randomUUID() });
  expect(answer.status).toBe(status);
  if (field !== undefined) expect(answer.body).toMatchObject({ errors: [{ field }] });
  expect([await count('orders'), await count('order_items'), await count('idempotency_keys')]).toEqual([0, 0, 0]);
});

test('who is not signed in may neither order nor look', async () => {
  expect(await send({ items: [line] }, {})).toMatchObject({ status: 401 });
  expect(await get('/api/orders', '')).toMatchObject({ status: 401 });
  expect(await count('orders')).toBe(0);
});

function order(items: unknown[], key?: string) {
  return send({ items }, { cookie, ...(key === undefined ? {} : { 'idempotency-key': key }) });
}

async function send(payload: unknown, headers: Record<string, string>) {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/orders',
    headers: { ...headers, 'content-type': 'application/json' },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

async function get(url: string, as = cookie) {
  const answer = await app.inject({ url, headers: { cookie: as } });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

async function count(table: string): Promise<number> {
  const [row] = await adminQuery(database, `select count(*)::int as count from orders.${table}`);
  return Number(row?.['count']);
}
