import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PaymentSucceeded } from '../../../../app/contracts/payment-succeeded.ts';
import type { App } from '../../../../app/kit/app.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import { payloadOf, type Event } from '../../../../app/kit/events.ts';
import { createHttpClient } from '../../../../app/kit/http-client.ts';
import { createApp } from '../../../../app/services/payments/app.ts';
import { createPaymentProvider } from '../../../../app/services/payments/http-provider.ts';
import type { PaymentStore } from '../../../../app/services/payments/payment.ts';
import type { PaymentProvider } from '../../../../app/services/payments/provider.ts';
import { settleAbandoned } from '../../../../app/services/payments/reconciler.ts';
import { createPaymentStore } from '../../../../app/services/payments/store.ts';
import type { PaymentsTables } from '../../../../app/services/payments/tables.ts';
import { createApp as createSandbox } from '../../../../app/services/sandbox/app.ts';
import { createChargeStore, type SandboxTables } from '../../../../app/services/sandbox/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { allowSignIn, memoryRedis, noKeys } from '../../../support/sign-in.ts';
import { silentTask } from '../../../support/task.ts';
import { measured } from '../../../support/measured.ts';

const providerKey = 'key-of-the-provider';
const user = { id: randomUUID(), email: 'ada@example.com' };
const orders = new Map<string, { status: 'pending' | 'paid'; totalCents: number }>();

let database: TestDatabase<'payments' | 'sandbox'>;
let provider: PaymentProvider;
let store: PaymentStore;
let app: App;
let cookie: string;
let strangersCookie: string;
/** Runs after the provider has charged and before its response is handled. */
let afterCharge = async (): Promise<void> => {};
/** Runs before `orders` responds. */
let beforeOrderIsFound = async (): Promise<void> => {};
let counted: () => Promise<{ revenue: number; declined: number }>;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await createDatabase('payments', 'sandbox');
  const sandboxTask = silentTask(database.config.sandbox);
  const paymentsTask = silentTask(database.config.payments);
  const charges = createChargeStore(connectDatabase<SandboxTables>(sandboxTask));
  const sandbox = createSandbox({ store: charges, providerKey, hangMs: 2_000 });
  await sandbox.listen({ host: '127.0.0.1', port: 0 });
  const baseUrl = `http://127.0.0.1:${(sandbox.server.address() as AddressInfo).port}/sandbox`;

  const real = createPaymentProvider(
    createHttpClient({ name: 'provider', baseUrl, timeoutMs: 1_000, breakers: paymentsTask.breakers }),
    providerKey,
  );
  provider = {
    ...real,
    async charge(request) {
      const verdict = await real.charge(request);
      await afterCharge();
      return verdict;
    },
  };
  store = createPaymentStore(connectDatabase<PaymentsTables>(paymentsTask), paymentsTask.metrics);
  counted = async () => {
    const { Revenue, PaymentsDeclined } = await measured(paymentsTask.metrics);
    return { revenue: Revenue?.[''] ?? 0, declined: PaymentsDeclined?.[''] ?? 0 };
  };
  app = createApp({
    redis: memoryRedis(),
    sessionSecret: 's'.repeat(32),
    findKeyOwner: noKeys,
    store,
    provider,
    findOrder: async (id) => {
      await beforeOrderIsFound();
      return orders.get(id);
    },
    onCommit: () => {},
  });
  const signIn = allowSignIn(app);
  cookie = await signIn(user);
  strangersCookie = await signIn({ id: randomUUID(), email: 'eve@example.com' });
  closing.push(
    () => app.close(),
    async () => {
      // Those that fetch opened again after a time-out, and has not used, would be waited for.
      sandbox.server.closeAllConnections();
      await sandbox.close();
    },
    () => paymentsTask.stop(),
    () => sandboxTask.stop(),
    () => database.drop(),
  );
});

afterAll(async () => {
  for (const close of closing) await close();
});

beforeEach(async () => {
  afterCharge = async () => {};
  beforeOrderIsFound = async () => {};
  await adminQuery(database, 'TRUNCATE payments.payments, payments.outbox, payments.unconfirmed, sandbox.charges');
});

test('ten concurrent duplicates of a payment make one payment, one charge and one event, and count once', async () => {
  const { revenue, declined } = await counted();
  const orderId = givenOrder(1_990);
  const key = randomUUID();
  const responses = await Promise.all(Array.from({ length: 10 }, () => pay(orderId, 'tok_ok', key)));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(responses.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(responses[0]?.body).toEqual({ id: expect.any(String), status: 'succeeded', amountCents: 1_990 });
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
  expect(await counted()).toEqual({ revenue: revenue + 1_990, declined });
});

test('a duplicate that finds the order paid gets the payment that its own key made', async () => {
  const orderId = givenOrder(1_990);
  const key = randomUUID();
  const firstIsDone = Promise.withResolvers<void>();
  let calls = 0;
  // The first request goes on; the others have looked for their key, and learn about the order once it is paid.
  beforeOrderIsFound = async () => {
    calls += 1;
    if (calls > 1) await firstIsDone.promise;
  };
  const responses = Array.from({ length: 10 }, () => pay(orderId, 'tok_ok', key));
  const first = await Promise.race(responses);
  orders.set(orderId, { status: 'paid', totalCents: 1_990 });
  firstIsDone.resolve();
  expect(first).toMatchObject({ status: 201, body: { amountCents: 1_990 } });
  expect(await Promise.all(responses)).toEqual(Array.from({ length: 10 }, () => first));
  expect(calls).toBeGreaterThan(1);
  expect(await pay(orderId, 'tok_ok', randomUUID())).toMatchObject({
    status: 409,
    body: { title: 'Order already paid' },
  });
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
});

test('of a hundred orders, ten at a time, each paid by four duplicates, all are paid once and no duplicate is refused', async () => {
  beforeOrderIsFound = () => sleep(Math.random() * 200);
  for (let batch = 0; batch < 10; batch += 1) {
    const orderIds = Array.from({ length: 10 }, () => givenOrder(100));
    const twins = orderIds.map(async (orderId) => {
      const key = randomUUID();
      const payOnce = async () => {
        const response = await pay(orderId, 'tok_ok', key);
        // As `orders` does when it receives the event.
        orders.set(orderId, { status: 'paid', totalCents: 100 });
        return response;
      };
      const [first, ...others] = await Promise.all([payOnce(), payOnce(), payOnce(), payOnce()]);
      expect(first).toMatchObject({ status: 201 });
      expect(others).toEqual([first, first, first]);
    });
    await Promise.all(twins);
  }
  const { payments, charges, events } = await written();
  const all = Array.from({ length: 100 }, () => 'succeeded');
  expect({ payments, charges, events }).toEqual({ payments: all, charges: all, events: 100 });
});

test('a payment under way is not called paid', async () => {
  const orderId = givenOrder(500);
  await pay(orderId, 'tok_slow', randomUUID());
  const other = await pay(orderId, 'tok_ok', randomUUID());
  expect(other).toMatchObject({ status: 409, retryAfter: '5', body: { title: 'Payment under way' } });
  expect(JSON.stringify(other.body)).not.toMatch(/is paid|already paid/);
});

test('ten payments for an order without a key, or with different keys, pay it once', async () => {
  const orderId = givenOrder(500);
  const responses = await Promise.all(
    Array.from({ length: 10 }, (_, i) => pay(orderId, 'tok_ok', i % 2 === 0 ? undefined : randomUUID())),
  );
  const withStatus = (wanted: number) => responses.filter(({ status }) => status === wanted).length;
  expect([withStatus(201), withStatus(409)]).toEqual([1, 9]);
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
});

test('the event matches the contract of its receivers', async () => {
  const orderId = givenOrder(700);
  const { body } = await pay(orderId);
  const rows = await adminQuery(database, 'SELECT type, payload FROM payments.outbox');
  expect(payloadOf(rows[0] as unknown as Event, PaymentSucceeded)).toEqual(rows[0]?.['payload']);
  expect(rows).toEqual([
    {
      type: 'payment.succeeded',
      payload: { userId: user.id, orderId, paymentId: body['id'], email: user.email, amountCents: 700 },
    },
  ]);
});

test('after a crash between the charge and its record, a retry records that charge', async () => {
  const orderId = givenOrder(800);
  const key = randomUUID();
  afterCharge = () => Promise.reject(new Error('the task crashes here'));
  expect(await pay(orderId, 'tok_ok', key)).toMatchObject({ status: 500 });
  expect(await written()).toEqual({ payments: ['pending'], charges: ['succeeded'], events: 0 });

  afterCharge = async () => {};
  expect(await pay(orderId, 'tok_ok', key)).toMatchObject({ status: 201, body: { amountCents: 800 } });
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
});

test('after a crash between the charge and its record, without a retry, the charge is recorded a minute later', async () => {
  afterCharge = () => Promise.reject(new Error('the task crashes here'));
  await pay(givenOrder(800));
  expect(await reconcile()).toBe(0);
  await aMinutePasses();
  const settled = await Promise.all([1, 2, 3].map(() => reconcile()));
  expect(settled.reduce((sum, each) => sum + each, 0)).toBe(1);
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
});

test('a provider that is too slow is a 504 with Retry-After, and the same key may be used again', async () => {
  const orderId = givenOrder(900);
  const key = randomUUID();
  for (const _ of [1, 2]) {
    const response = await pay(orderId, 'tok_slow', key);
    expect(response).toMatchObject({ status: 504, retryAfter: '5', type: 'application/problem+json' });
    expect(await written()).toEqual({ payments: ['pending'], charges: [], events: 0 });
  }
  expect(await pay(orderId, 'tok_ok')).toMatchObject({ status: 409 });
});

test('while one customer repeats a card that hangs, others pay', async () => {
  for (let round = 0; round < 2; round += 1) {
    const hanging = Array.from({ length: 6 }, () => pay(givenOrder(900), 'tok_slow', undefined, strangersCookie));
    for (const response of await Promise.all(hanging)) expect(response).toMatchObject({ status: 504 });
    expect(await pay(givenOrder(100))).toMatchObject({ status: 201 });
  }
});

test('a payment that never reached the provider is voided on both sides, and the order may be paid again', async () => {
  const orderId = givenOrder(900);
  const key = randomUUID();
  await pay(orderId, 'tok_slow', key);
  await aMinutePasses();
  expect(await reconcile()).toBe(1);
  expect(await written()).toEqual({ payments: ['voided'], charges: ['voided'], events: 0 });

  const [voided] = await adminQuery(database, 'SELECT id FROM payments.payments');
  const late = { key: String(voided?.['id']), amountCents: 900, cardToken: 'tok_ok', customerId: user.id };
  expect(await provider.charge(late)).toBe('voided');
  expect(await pay(orderId, 'tok_slow', key)).toMatchObject({ status: 409 });
  expect(await pay(orderId, 'tok_ok')).toMatchObject({ status: 201 });
});

test('a declined card stays declined under its key and counts once, and another card needs another key', async () => {
  const { revenue, declined: before } = await counted();
  const orderId = givenOrder(900);
  const key = randomUUID();
  const declined = await pay(orderId, 'tok_declined', key);
  expect(declined).toMatchObject({ status: 402, type: 'application/problem+json' });
  expect(await pay(orderId, 'tok_declined', key)).toMatchObject({ status: 402 });
  expect(await pay(orderId, 'tok_ok', key)).toMatchObject({ status: 422 });
  expect(await written()).toEqual({ payments: ['declined'], charges: ['declined'], events: 0 });
  expect(await counted()).toEqual({ revenue, declined: before + 1 });
  expect(await pay(orderId, 'tok_ok')).toMatchObject({ status: 201 });
});

test('equal keys of different users are independent', async () => {
  const key = randomUUID();
  await pay(givenOrder(100), 'tok_ok', key);
  await adminQuery(database, `UPDATE payments.payments SET user_id = '${randomUUID()}'`);
  expect(await pay(givenOrder(200), 'tok_ok', key)).toMatchObject({ status: 201, body: { amountCents: 200 } });
});

test('a repeated payment is returned even after its order is paid', async () => {
  const orderId = givenOrder(100);
  const key = randomUUID();
  const first = await pay(orderId, 'tok_ok', key);
  orders.set(orderId, { status: 'paid', totalCents: 100 });
  expect(await pay(orderId, 'tok_ok', key)).toEqual(first);
  expect(await pay(orderId)).toMatchObject({ status: 409 });
});

test('invalid input and orders of other users write nothing', async () => {
  expect(await pay(randomUUID())).toMatchObject({ status: 404 });
  const orderId = givenOrder(100);
  const bad: [unknown, number, string | undefined][] = [
    ['{"orderId":', 400, undefined],
    [{ cardToken: 'tok_ok' }, 400, 'orderId'],
    [{ orderId: '7', cardToken: 'tok_ok' }, 400, 'orderId'],
    [{ orderId, cardToken: '' }, 400, 'cardToken'],
    [{ orderId, cardToken: 'x'.repeat(201) }, 400, 'cardToken'],
    [{ orderId, cardToken: 'tok_ok', amountCents: 1 }, 400, 'amountCents'],
    [{ orderId, cardToken: 'x'.repeat(100_000) }, 413, undefined],
  ];
  for (const [payload, status, field] of bad) {
    const response = await send(payload, { cookie });
    expect(response).toMatchObject({ status, type: 'application/problem+json' });
    if (field !== undefined) expect(response.body).toMatchObject({ errors: [{ field }] });
  }
  expect(await send({ orderId, cardToken: 'tok_ok' }, {})).toMatchObject({ status: 401 });
  expect(await written()).toEqual({ payments: [], charges: [], events: 0 });
});

function givenOrder(totalCents: number): string {
  const id = randomUUID();
  orders.set(id, { status: 'pending', totalCents });
  return id;
}

function pay(orderId: string, cardToken = 'tok_ok', key?: string, as = cookie) {
  return send({ orderId, cardToken }, { cookie: as, ...(key === undefined ? {} : { 'idempotency-key': key }) });
}

async function send(payload: unknown, headers: Record<string, string>) {
  const response = await app.inject({
    method: 'POST',
    url: '/api/payments',
    headers: { ...headers, 'content-type': 'application/json' },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return {
    status: response.statusCode,
    type: String(response.headers['content-type']).split(';')[0],
    retryAfter: response.headers['retry-after'],
    body: response.json<Record<string, unknown>>(),
  };
}

function reconcile(): Promise<number> {
  return settleAbandoned({ store, provider, log: silentTask({}).log }, new AbortController().signal);
}

async function aMinutePasses(): Promise<void> {
  await adminQuery(database, "UPDATE payments.payments SET settle_after = settle_after - interval '1 minute'");
}

/** Returns what the tables contain: the statuses of payments and charges, and the number of events. */
async function written() {
  const payments = await adminQuery(database, 'SELECT status FROM payments.payments');
  const charges = await adminQuery(database, 'SELECT status FROM sandbox.charges');
  const events = await adminQuery(database, 'SELECT id FROM payments.outbox');
  return {
    payments: payments.map(({ status }) => status),
    charges: charges.map(({ status }) => status),
    events: events.length,
  };
}
