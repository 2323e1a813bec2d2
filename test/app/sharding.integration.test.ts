import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { App } from '../../app/kit/app.ts';
import { createDatabaseBreaker, createPool } from '../../app/kit/database-pool.ts';
import type { Event } from '../../app/kit/events.ts';
import { createApp as createAuth } from '../../app/services/auth/app.ts';
import { createKeyStore } from '../../app/services/auth/key-store.ts';
import { createUserStore } from '../../app/services/auth/store.ts';
import { createApp as createOrders } from '../../app/services/orders/app.ts';
import { handlePaid } from '../../app/services/orders/events.ts';
import { createOrderStore } from '../../app/services/orders/store.ts';
import { createApp as createPayments } from '../../app/services/payments/app.ts';
import { createConfirmationStore } from '../../app/services/payments/confirmation-store.ts';
import { handleOrderPaid } from '../../app/services/payments/confirmation.ts';
import { createOrderFinder } from '../../app/services/payments/orders.ts';
import { createPaymentStore } from '../../app/services/payments/store.ts';
import { handleEvent } from '../../app/workers/mailer/handler.ts';
import { createSentStore } from '../../app/workers/mailer/store.ts';
import { freePort } from '../../local/host/free-port.ts';
import { startPostgres, type Postgres } from '../../local/resources/rds/postgres.ts';
import { adminQuery, createDatabase, createDatabaseOn, type TestDatabase } from '../support/database.ts';
import { notKeyedByUser, tablesOf } from './tables.ts';
import { shardMap, shardOf } from '../support/shard-map.ts';
import { memoryRedis } from '../support/sign-in.ts';
import { silentTask } from '../support/task.ts';

const names = ['auth', 'orders', 'payments', 'mailer'] as const;
type Name = (typeof names)[number];

let second: Postgres;
let directory: string;
let servers: TestDatabase<Name>[];
const task = silentTask({});
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shard-'));
  second = await startPostgres({
    tls: JSON.parse(process.env['TEST_TLS'] ?? ''),
    log: createWriteStream(join(directory, 'log')),
    dir: join(directory, 'data'),
    port: await freePort(),
    durable: false,
  });
  const { user, password } = second.admin;
  servers = await Promise.all([
    createDatabase(...names),
    createDatabaseOn({ primary: `localhost:${second.port}`, user, password }, ...names),
  ]);
});

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
  await servers[0]?.drop();
  await second.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The database of a service, spread over both servers. */
function spread<S>(name: Name) {
  const pools = servers.map(({ config }) => {
    const own = config[name];
    return createPool(own.DATABASE_PRIMARY, own, task.log, createDatabaseBreaker(task.breakers, name));
  });
  closing.push(() => Promise.all(pools.map((pool) => pool.end())));
  return shardMap<S>(pools);
}

test('a journey of each of many users, who are spread over two servers, crosses none', async () => {
  const redis = memoryRedis();
  const keys = createKeyStore(spread('auth'));
  const sessions = { redis, sessionSecret: 's'.repeat(32) };
  const onCommit = () => {};
  const auth = createAuth({ ...sessions, store: createUserStore(spread('auth')), keys, siteUrl: '', onCommit });
  const orderStore = createOrderStore(spread('orders'));
  const findPrices = async () => new Map([['heat', 1_250]]);
  const orders = createOrders({ ...sessions, findKeyOwner: keys.ownerOf, store: orderStore, findPrices });
  const payments = createPayments({
    ...sessions,
    findKeyOwner: keys.ownerOf,
    store: createPaymentStore(spread('payments')),
    provider: { charge: async () => 'succeeded', settle: async () => 'succeeded' },
    findOrder: createOrderFinder({
      request: async (method, url, { headers } = {}) => {
        const response = await orders.inject({ method: method as 'GET', url, headers });
        return { status: response.statusCode, json: response.json() };
      },
    }),
    onCommit,
  });
  const confirmations = createConfirmationStore(spread('payments'));
  const sent = createSentStore(spread('mailer'));
  const mails: string[] = [];
  const mail = (event: Event) =>
    handleEvent({ store: sent, send: async ({ to }) => void mails.push(to), log: task.log }, event);

  const users: string[] = [];
  for (let n = 0; n < 12; n += 1) {
    const account = { email: `user-${n}@example.com`, password: 'correct horse' };
    const registered = await auth.inject({ method: 'POST', url: '/api/auth/register', payload: account });
    const { id } = registered.json<{ id: string }>();
    users.push(id);
    const [verification] = await events('auth', id);
    await mail(verification!);
    const { link } = verification!.payload as { link: string };
    const post = (app: App, url: string, headers: Record<string, string>, payload?: object) =>
      app.inject({ method: 'POST', url, headers, ...(payload && { payload }) });
    const confirmed = await post(auth, '/api/auth/verify', {}, { token: new URL(link).hash.slice(1) });
    const signedIn = await post(auth, '/api/auth/login', {}, account);
    const cookie = signedIn.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const { key } = (await post(auth, '/api/auth/keys', { cookie })).json<{ key: string }>();

    const headers = { 'x-api-key': key, 'idempotency-key': randomUUID() };
    const items = [{ productId: 'heat', quantity: 2 }];
    const placed = await post(orders, '/api/orders', headers, { items });
    const again = await post(orders, '/api/orders', headers, { items });
    expect(again.json()).toEqual(placed.json());
    const order = placed.json<{ id: string }>();
    const paid = await post(payments, '/api/payments', headers, { orderId: order.id, cardToken: 'tok_ok' });
    const [succeeded] = await events('payments', id);
    await handlePaid({ store: orderStore }, succeeded!);
    await mail(succeeded!);
    const [orderPaid] = await events('orders', id);
    await handleOrderPaid({ store: confirmations }, orderPaid!);
    const list = await orders.inject({ url: '/api/orders', headers });

    expect([registered, confirmed, signedIn, placed, paid].map(({ statusCode }) => statusCode)).toEqual([
      201, 204, 200, 201, 201,
    ]);
    expect(list.json()).toMatchObject({
      items: [{ id: order.id, status: 'paid', paymentId: paid.json<{ id: string }>().id }],
      nextCursor: null,
    });
    await post(auth, '/api/auth/password/reset', {}, { email: account.email });
    const taken = await post(auth, '/api/auth/register', {}, account);
    expect(taken.statusCode).toBe(409);
  }
  expect(mails).toHaveLength(2 * users.length);

  const places = users.map((id) => shardOf(id, servers.length));
  expect(new Set(places)).toEqual(new Set([0, 1]));
  for (const [index, server] of servers.entries()) {
    for (const table of await tablesOf(server)) {
      if (table in notKeyedByUser) continue;
      const rows = await adminQuery(server, `SELECT DISTINCT user_id FROM ${table}`);
      const own = rows.map((row) => String(row['user_id'])).filter((id) => users.includes(id));
      expect([table, own.filter((id) => places[users.indexOf(id)] !== index)]).toEqual([table, []]);
    }
  }
  expect(await events('auth', users[0]!)).toHaveLength(2);
});

/** The events about a user in the outbox of a service. */
async function events(name: Name, userId: string): Promise<Event[]> {
  const server = servers[shardOf(userId, servers.length)]!;
  const query = `SELECT id, type, at::text, payload FROM ${name}.outbox WHERE user_id = '${userId}' ORDER BY id`;
  return (await adminQuery(server, query)) as unknown as Event[];
}
