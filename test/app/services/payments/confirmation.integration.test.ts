import { randomUUID } from 'node:crypto';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startConsumer } from '../../../../app/kit/consumer.ts';
import { connectDatabase, type Database } from '../../../../app/kit/database.ts';
import { parseEvent, type Event } from '../../../../app/kit/events.ts';
import { createLogger } from '../../../../app/kit/log.ts';
import { startRelay } from '../../../../app/kit/outbox.ts';
import { createTask, type Task } from '../../../../app/kit/task.ts';
import { handlePaid as markPaid } from '../../../../app/services/orders/events.ts';
import { createOrderStore, type OrdersTables } from '../../../../app/services/orders/store.ts';
import { createConfirmationStore } from '../../../../app/services/payments/confirmation-store.ts';
import { handleOrderPaid, publishUnconfirmed } from '../../../../app/services/payments/confirmation.ts';
import { createPaymentStore } from '../../../../app/services/payments/store.ts';
import type { PaymentsTables } from '../../../../app/services/payments/tables.ts';
import { handleEvent as mail } from '../../../../app/workers/mailer/handler.ts';
import { createSentStore, type MailerTables } from '../../../../app/workers/mailer/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { startTestEndpoint, type TestEndpoint } from '../../../support/endpoint.ts';
import { eventually } from '../../../support/eventually.ts';
import { silentTask } from '../../../support/task.ts';

const userId = randomUUID();
type Service = 'orders' | 'payments' | 'mailer';

let served: TestDatabase<Service>;
let endpoint: TestEndpoint;
let sns: SNSClient;
let sqs: SQSClient;
let topic: string;
let queues: Record<Service, string>;
/** Each service's connections, open for the whole file. */
let connections: Task<unknown>[];
let payments: Database<PaymentsTables>;
let orders: Database<OrdersTables>;
let mailer: Database<MailerTables>;
/** Parts that run during one test. */
let running: Task<unknown>[] = [];
let mails: string[] = [];
let lines: { level: string; msg: string; orderId?: string }[] = [];

beforeAll(async () => {
  [served, endpoint] = await Promise.all([createDatabase('orders', 'payments', 'mailer'), startTestEndpoint()]);
  const tasks = { orders: silentTask(served.config.orders), payments: silentTask(served.config.payments) };
  const mailerTask = silentTask(served.config.mailer);
  orders = connectDatabase(tasks.orders);
  payments = connectDatabase(tasks.payments);
  mailer = connectDatabase(mailerTask);
  connections = [tasks.orders, tasks.payments, mailerTask];
  sns = new SNSClient(endpoint.clientConfig);
  sqs = new SQSClient(endpoint.clientConfig);
});

afterAll(async () => {
  for (const task of connections) await task.stop();
  sns.destroy();
  sqs.destroy();
  await endpoint.stop();
  await served.drop();
});

beforeEach(async () => {
  mails = [];
  lines = [];
  await adminQuery(
    served,
    'TRUNCATE payments.payments, payments.outbox, payments.unconfirmed, orders.outbox, mailer.sent',
  );
  const name = randomUUID().slice(0, 8);
  topic = (await sns.send(new CreateTopicCommand({ Name: name }))).TopicArn ?? '';
  queues = {
    orders: await queue(`${name}-orders`, 'payment.succeeded'),
    payments: await queue(`${name}-payments`, 'order.paid'),
    mailer: await queue(`${name}-mailer`, 'payment.succeeded'),
  };
});

afterEach(async () => {
  await Promise.all(running.map((task) => task.stop()));
  running = [];
});

/** Creates a queue that receives events of one type, and returns its URL. */
async function queue(QueueName: string, type: string): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
  await sns.send(
    new SubscribeCommand({
      TopicArn: topic,
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:eu-central-1:000000000000:${QueueName}`,
      Attributes: { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify({ type: [type] }) },
    }),
  );
  return QueueUrl;
}

function run<C>(config: C): Task<C> {
  const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  const task = createTask(config, createLogger({ SERVICE_NAME: 'test', LOG_LEVEL: 'info' }, { write }));
  running.push(task);
  return task;
}

const relay = <S>(database: Database<S>) => startRelay(run({ EVENTS_TOPIC_ARN: topic }), { database, sns, pollMs: 50 });

const consume = (service: Service, handle: (event: Event) => Promise<void>) =>
  startConsumer(
    run({ QUEUE_URL: queues[service], DEAD_LETTERS_URL: `${queues[service]}-dead`, QUEUE_VISIBILITY_SECONDS: 30 }),
    {
      sqs,
      parse: parseEvent,
      handle,
    },
  );

const startMailer = () =>
  consume('mailer', (event) =>
    mail(
      { store: createSentStore(mailer), send: async ({ to }) => void mails.push(to), log: silentTask({}).log },
      event,
    ),
  );
const startOrders = () => consume('orders', (event) => markPaid({ store: createOrderStore(orders) }, event));
const startConfirming = () =>
  consume('payments', (event) => handleOrderPaid({ store: createConfirmationStore(payments) }, event));

/** A payment that has succeeded for a new order. Returns both ids. */
async function givenPaid(): Promise<{ orderId: string; paymentId: string }> {
  const { id: orderId } = await createOrderStore(orders).place({ userId, key: undefined, body: {} }, async () => ({
    userId,
    totalCents: 100,
    items: [{ productId: 'heat', quantity: 1, priceCents: 100 }],
  }));
  const store = createPaymentStore(payments);
  const payment = { orderId, userId, email: 'ada@example.com', amountCents: 100, requestHash: 'hash' };
  const opened = await store.open({ ...payment, idempotencyKey: undefined });
  if (typeof opened === 'string') throw new Error(opened);
  await store.settle(opened, 'succeeded');
  return { orderId, paymentId: opened.id };
}

const publish = () => publishUnconfirmed({ store: createConfirmationStore(payments), log: run({}).log });

/** Moves the time of the payments back, so that they have this age. */
const becomes = (minutes: number) =>
  adminQuery(
    served,
    `UPDATE payments.unconfirmed SET succeeded_at = now() - interval '${minutes} minutes',
       publish_after = publish_after - (succeeded_at - (now() - interval '${minutes} minutes'))`,
  );
const pass = (time: string) =>
  adminQuery(
    served,
    `UPDATE payments.unconfirmed SET succeeded_at = succeeded_at - interval '${time}',
       publish_after = publish_after - interval '${time}'`,
  );
const statusOf = async (orderId: string) => (await createOrderStore(orders).find(userId, orderId))?.status;
const rows = async (table: string) => (await adminQuery(served, `SELECT * FROM ${table}`)).length;
const waiting = async (service: Service) => {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queues[service], AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes?.['ApproximateNumberOfMessages']);
};

test('an order whose message was lost is marked as paid by the next publication, and its customer gets one mail', async () => {
  const { orderId } = await givenPaid();
  relay(payments);
  relay(orders);
  startMailer();
  await eventually(async () => expect([await waiting('orders'), mails.length]).toEqual([1, 1]));
  await sqs.send(new PurgeQueueCommand({ QueueUrl: queues.orders }));

  startOrders();
  startConfirming();
  await publish();
  expect(await rows('payments.outbox')).toBe(0);
  await pass('2 minutes');
  expect(await statusOf(orderId)).toBe('pending');
  await publish();
  expect(lines).toMatchObject([{ level: 'warn', orderId, msg: expect.stringContaining('published again') }]);

  await eventually(async () =>
    expect([await statusOf(orderId), await rows('payments.unconfirmed')]).toEqual(['paid', 0]),
  );
  await eventually(async () => expect([await waiting('mailer'), await rows('payments.outbox')]).toEqual([0, 0]));
  expect(mails).toEqual(['ada@example.com']);
  expect(await rows('mailer.sent')).toBe(1);
});

test('an order that was marked as paid, but whose confirmation was lost, is confirmed by the next publication', async () => {
  const { orderId } = await givenPaid();
  relay(payments);
  relay(orders);
  startOrders();
  await eventually(async () => expect([await statusOf(orderId), await waiting('payments')]).toEqual(['paid', 1]));
  await sqs.send(new PurgeQueueCommand({ QueueUrl: queues.payments }));

  startConfirming();
  await pass('2 minutes');
  await publish();
  await eventually(async () => expect(await rows('payments.unconfirmed')).toBe(0));
});

test('a payment whose order is confirmed at once is not published again', async () => {
  await givenPaid();
  relay(payments);
  relay(orders);
  startOrders();
  startConfirming();
  await eventually(async () => expect(await rows('payments.unconfirmed')).toBe(0));
  await pass('1 day');
  await publish();
  expect(lines).toEqual([]);
});

test('an event that still waits in the outbox is not added to it again', async () => {
  await givenPaid();
  await pass('1 day');
  await publish();
  expect(await rows('payments.outbox')).toBe(1);
});

test('the same event is published again each time its payment is twice as old, at most every 12 hours, for 7 days', async () => {
  const { orderId } = await givenPaid();
  const takeOutbox = () => adminQuery(served, 'DELETE FROM payments.outbox RETURNING id, type, payload, at');
  const [first] = await takeOutbox();
  const hours: number[] = [];
  let due = 2;
  for (let round = 0; round < 9; round += 1) {
    await becomes(due * 0.95);
    await publish();
    expect(await takeOutbox()).toEqual([]);
    const age = due * 1.05;
    await becomes(age);
    await publish();
    const [again, ...more] = await takeOutbox();
    expect([again, more]).toEqual([{ ...first, at: expect.any(Date) }, []]);
    due = 2 * age;
  }
  for (let hour = 15; hour <= 8 * 24; hour += 3) {
    await becomes(hour * 60 + 1);
    await publish();
    if ((await takeOutbox()).length > 0) hours.push(hour);
  }
  expect(hours.length).toBeGreaterThanOrEqual(9);
  expect(hours.length).toBeLessThanOrEqual(14);
  expect(hours.at(-1)).toBeLessThanOrEqual(7 * 24);
  const last = lines.at(-1);
  expect(last).toMatchObject({ level: 'error', orderId, msg: expect.stringContaining('never confirmed') });
  expect(lines.filter(({ level }) => level === 'error')).toEqual([last]);
});

test('a run publishes 20 payments at most, and concurrent runs publish different ones', async () => {
  for (let i = 0; i < 50; i += 1) await givenPaid();
  await adminQuery(served, 'TRUNCATE payments.outbox');
  await pass('2 minutes');
  await Promise.all([publish(), publish()]);
  expect(await rows('payments.outbox')).toBe(40);
  await publish();
  expect(await adminQuery(served, 'SELECT count(DISTINCT id)::int AS count FROM payments.outbox')).toEqual([
    { count: 50 },
  ]);
});
