import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectDatabase } from '../../../../app/kit/database.ts';
import { createHttpClient } from '../../../../app/kit/http-client.ts';
import type { App } from '../../../../app/kit/server.ts';
import { createApp } from '../../../../app/services/payments/app.ts';
import { httpProvider } from '../../../../app/services/payments/http-provider.ts';
import type { PaymentStore } from '../../../../app/services/payments/payment.ts';
import type { PaymentProvider } from '../../../../app/services/payments/provider.ts';
import { settleAbandoned } from '../../../../app/services/payments/reconciler.ts';
import { createPaymentStore, type PaymentsSchema } from '../../../../app/services/payments/store.ts';
import { createApp as createSandbox } from '../../../../app/services/sandbox/app.ts';
import { createChargeStore, type SandboxSchema } from '../../../../app/services/sandbox/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { allowSignIn, memoryRedis } from '../../../support/sign-in.ts';

const log = pino({ level: 'silent' });
const user = { id: randomUUID(), email: 'ada@example.com' };
const orders = new Map<string, { status: 'pending' | 'paid'; totalCents: number }>();

let database: TestDatabase<'payments' | 'sandbox'>;
let provider: PaymentProvider;
let store: PaymentStore;
let app: App;
let cookie: string;
/** What happens between the provider's answer and its arrival. */
let afterCharge = async (): Promise<void> => {};
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await createDatabase('payments', 'sandbox');
  const sandboxDatabase = connectDatabase<SandboxSchema>(database.config.sandbox, log);
  const paymentsDatabase = connectDatabase<PaymentsSchema>(database.config.payments, log);
  const sandbox = createSandbox({ store: createChargeStore(sandboxDatabase), hangMs: 2_000 });
  await sandbox.listen({ host: '127.0.0.1', port: 0 });
  const baseUrl = `http://127.0.0.1:${(sandbox.server.address() as AddressInfo).port}/sandbox`;

  const real = httpProvider(createHttpClient({ name: 'provider', baseUrl, timeoutMs: 1_000 }));
  provider = {
    ...real,
    async charge(request) {
      const verdict = await real.charge(request);
      await afterCharge();
      return verdict;
    },
  };
  store = createPaymentStore(paymentsDatabase);
  app = await createApp({
    redis: memoryRedis(),
    sessionSecret: 's'.repeat(32),
    store,
    provider,
    findOrder: async (id) => orders.get(id),
    announced: () => {},
  });
  cookie = await allowSignIn(app)(user);
  closing.push(
    () => app.close(),
    () => sandbox.close(),
    () => paymentsDatabase.close(),
    () => sandboxDatabase.close(),
    () => database.drop(),
  );
});

afterAll(async () => {
  for (const close of closing) await close();
});

beforeEach(async () => {
  afterCharge = async () => {};
  await adminQuery(database, 'truncate payments.payments, payments.outbox, sandbox.charges');
});

test('ten twins of a payment at the same moment make one payment, one charge and one event', async () => {
  const orderId = givenOrder(1_990);
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => pay(orderId, 'tok_ok', key)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(answers[0]?.body).toEqual({ id: expect.any(String), status: 'succeeded', amountCents: 1_990 });
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
});

test('ten payments of an order with no key, or with keys of their own, pay it once', async () => {
  const orderId = givenOrder(500);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => pay(orderId, 'tok_ok', i % 2 === 0 ? undefined : randomUUID())),
  );
  const withStatus = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
  expect([withStatus(201), withStatus(409)]).toEqual([1, 9]);
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
});

test('the event says what its receivers need', async () => {
  const orderId = givenOrder(700);
  const { body } = await pay(orderId);
  const rows = await adminQuery(database, 'select type, payload from payments.outbox');
  expect(rows).toEqual([
    { type: 'payment.succeeded', payload: { orderId, paymentId: body['id'], email: user.email, amountCents: 700 } },
  ]);
});

test('a task that dies after the charge and before recording it: a retry records the one charge', async () => {
  const orderId = givenOrder(800);
  const key = randomUUID();
  afterCharge = () => Promise.reject(new Error('the task dies here'));
  expect(await pay(orderId, 'tok_ok', key)).toMatchObject({ status: 500 });
  expect(await written()).toEqual({ payments: ['pending'], charges: ['succeeded'], events: 0 });

  afterCharge = async () => {};
  expect(await pay(orderId, 'tok_ok', key)).toMatchObject({ status: 201, body: { amountCents: 800 } });
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
});

test('a task that dies after the charge and a customer who leaves: the charge is recorded a minute later', async () => {
  afterCharge = () => Promise.reject(new Error('the task dies here'));
  await pay(givenOrder(800));
  expect(await reconcile()).toBe(0);
  await aMinutePasses();
  const settled = await Promise.all([1, 2, 3].map(() => reconcile()));
  expect(settled.reduce((sum, each) => sum + each, 0)).toBe(1);
  expect(await written()).toEqual({ payments: ['succeeded'], charges: ['succeeded'], events: 1 });
});

test('a provider that is too slow: 504 with Retry-After, and the same key may ask again', async () => {
  const orderId = givenOrder(900);
  const key = randomUUID();
  for (const _ of [1, 2]) {
    const answer = await pay(orderId, 'tok_slow', key);
    expect(answer).toMatchObject({ status: 504, retryAfter: '5', type: 'application/problem+json' });
    expect(await written()).toEqual({ payments: ['pending'], charges: [], events: 0 });
  }
  expect(await pay(orderId, 'tok_ok')).toMatchObject({ status: 409 });
});

test('a payment the provider never saw is voided on both sides, and the order may be paid anew', async () => {
  const orderId = givenOrder(900);
  const key = randomUUID();
  await pay(orderId, 'tok_slow', key);
  await aMinutePasses();
  expect(await reconcile()).toBe(1);
  expect(await written()).toEqual({ payments: ['voided'], charges: ['voided'], events: 0 });

  const [voided] = await adminQuery(database, 'select id from payments.payments');
  const late = { key: String(voided?.['id']), amountCents: 900, cardToken: 'tok_ok' };
  expect(await provider.charge(late)).toBe('voided');
  expect(await pay(orderId, 'tok_slow', key)).toMatchObject({ status: 409 });
  expect(await pay(orderId, 'tok_ok')).toMatchObject({ status: 201 });
});

test('a declined card is answered the same way again, and another card needs another key', async () => {
  const orderId = givenOrder(900);
  const key = randomUUID();
  const declined = await pay(orderId, 'tok_declined', key);
  expect(declined).toMatchObject({ status: 402, type: 'application/problem+json' });
  expect(await pay(orderId, 'tok_declined', key)).toMatchObject({ status: 402 });
  expect(await pay(orderId, 'tok_ok', key)).toMatchObject({ status: 422 });
  expect(await written()).toEqual({ payments: ['declined'], charges: ['declined'], events: 0 });
  expect(await pay(orderId, 'tok_ok')).toMatchObject({ status: 201 });
});

test('a key that another user chose too is another key', async () => {
  const key = randomUUID();
  await pay(givenOrder(100), 'tok_ok', key);
  await adminQuery(database, `update payments.payments set user_id = '${randomUUID()}'`);
  expect(await pay(givenOrder(200), 'tok_ok', key)).toMatchObject({ status: 201, body: { amountCents: 200 } });
});

test('a repeated payment is answered after its order became paid', async () => {
  const orderId = givenOrder(100);
  const key = randomUUID();
  const first = await pay(orderId, 'tok_ok', key);
  orders.set(orderId, { status: 'paid', totalCents: 100 });
  expect(await pay(orderId, 'tok_ok', key)).toEqual(first);
  expect(await pay(orderId)).toMatchObject({ status: 409 });
});

test('bad input and foreign orders write nothing', async () => {
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
    const answer = await send(payload, { cookie });
    expect(answer).toMatchObject({ status, type: 'application/problem+json' });
    if (field !== undefined) expect(answer.body).toMatchObject({ errors: [{ field }] });
  }
  expect(await send({ orderId, cardToken: 'tok_ok' }, {})).toMatchObject({ status: 401 });
  expect(await written()).toEqual({ payments: [], charges: [], events: 0 });
});

function givenOrder(totalCents: number): string {
  const id = randomUUID();
  orders.set(id, { status: 'pending', totalCents });
  return id;
}

function pay(orderId: string, cardToken = 'tok_ok', key?: string) {
  return send({ orderId, cardToken }, { cookie, ...(key === undefined ? {} : { 'idempotency-key': key }) });
}

async function send(payload: unknown, headers: Record<string, string>) {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/payments',
    headers: { ...headers, 'content-type': 'application/json' },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return {
    status: answer.statusCode,
    type: String(answer.headers['content-type']).split(';')[0],
    retryAfter: answer.headers['retry-after'],
    body: answer.json<Record<string, unknown>>(),
  };
}

function reconcile(): Promise<number> {
  return settleAbandoned({ store, provider, log }, new AbortController().signal);
}

async function aMinutePasses(): Promise<void> {
  await adminQuery(database, "update payments.payments set settle_after = settle_after - interval '1 minute'");
}

/** All that the tables hold: the statuses of payments and charges, and the number of events. */
async function written() {
  const payments = await adminQuery(database, 'select status from payments.payments');
  const charges = await adminQuery(database, 'select status from sandbox.charges');
  const events = await adminQuery(database, 'select id from payments.outbox');
  return {
    payments: payments.map(({ status }) => status),
    charges: charges.map(({ status }) => status),
    events: events.length,
  };
}
