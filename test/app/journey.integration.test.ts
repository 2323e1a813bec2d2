import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { App } from '../../app/kit/app.ts';
import { startConsumer } from '../../app/kit/consumer.ts';
import { connectDatabase } from '../../app/kit/database.ts';
import { parseEvent } from '../../app/kit/events.ts';
import { createHttpClient } from '../../app/kit/http-client.ts';
import { createLogger } from '../../app/kit/log.ts';
import { startRelay } from '../../app/kit/outbox.ts';
import { createTask, type Task } from '../../app/kit/task.ts';
import { createApp as createOrders } from '../../app/services/orders/app.ts';
import { createOrderStore, type OrdersTables } from '../../app/services/orders/store.ts';
import { createApp as createPayments } from '../../app/services/payments/app.ts';
import { createOrderFinder } from '../../app/services/payments/orders.ts';
import { createPaymentStore } from '../../app/services/payments/store.ts';
import type { PaymentsTables } from '../../app/services/payments/tables.ts';
import { handleEvent } from '../../app/workers/mailer/handler.ts';
import { createSentStore, type MailerTables } from '../../app/workers/mailer/store.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startTestEndpoint, type TestEndpoint } from '../support/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { allowSignIn, memoryRedis, noKeys } from '../support/sign-in.ts';

interface Line {
  service: string;
  msg: string;
  requestId?: string;
  traceId?: string;
  spanId?: string;
}

const lines: Line[] = [];
const tasks: Task<unknown>[] = [];
let database: TestDatabase<'orders' | 'payments' | 'mailer'>;
let endpoint: TestEndpoint;
let payments: App;
let orders: App;
let cookie: string;

beforeAll(async () => {
  [database, endpoint] = await Promise.all([createDatabase('orders', 'payments', 'mailer'), startTestEndpoint()]);
  const sns = new SNSClient(endpoint.clientConfig);
  const sqs = new SQSClient(endpoint.clientConfig);
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'events' }));
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'mailer' }));
  const Endpoint = 'arn:aws:sqs:eu-central-1:000000000000:mailer';
  const Attributes = { RawMessageDelivery: 'true' };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));

  const sessions = { redis: memoryRedis(), sessionSecret: 's'.repeat(32), findKeyOwner: noKeys };
  // Without replicas, which tests of other files pause and stop.
  const alone = { DATABASE_REPLICAS: '' };
  const ordersTask = start('orders', { ...database.config.orders, ...alone });
  orders = createOrders({
    ...sessions,
    log: ordersTask.log,
    store: createOrderStore(connectDatabase<OrdersTables>(ordersTask)),
    findPrices: async () => new Map([['heat', 1_250]]),
  });
  cookie = await allowSignIn(orders)({ id: randomUUID(), email: 'ada@example.com' });
  await orders.listen({ host: '127.0.0.1', port: 0 });
  ordersTask.onStop('requests', () => orders.close());
  const baseUrl = `http://127.0.0.1:${(orders.server.address() as AddressInfo).port}`;

  const paymentsTask = start('payments', { ...database.config.payments, ...alone, EVENTS_TOPIC_ARN: TopicArn });
  const paymentsDatabase = connectDatabase<PaymentsTables>(paymentsTask);
  const relay = startRelay(paymentsTask, { database: paymentsDatabase, sns });
  payments = createPayments({
    ...sessions,
    log: paymentsTask.log,
    store: createPaymentStore(paymentsDatabase),
    provider: { charge: async () => 'succeeded', settle: async () => 'succeeded' },
    findOrder: createOrderFinder(
      createHttpClient({ name: 'orders', baseUrl, timeoutMs: 3_000, breakers: paymentsTask.breakers }),
    ),
    onCommit: () => relay.nudge(),
  });

  const queue = { QUEUE_URL: QueueUrl, DEAD_LETTERS_URL: `${QueueUrl}-dead`, QUEUE_VISIBILITY_SECONDS: 30 };
  const mailer = start('mailer', { ...database.config.mailer, ...alone, ...queue });
  const store = createSentStore(connectDatabase<MailerTables>(mailer));
  const send = async () => {};
  startConsumer(mailer, {
    sqs,
    parse: parseEvent,
    handle: (event) => handleEvent({ store, send, log: mailer.log }, event),
  });
});

afterAll(async () => {
  for (const task of tasks) await task.stop();
  await endpoint.stop();
  await database.drop();
});

/** A task whose log is collected in `lines`. */
function start<C>(service: string, config: C): Task<C> {
  const write = (line: string) => void lines.push(JSON.parse(line) as Line);
  const task = createTask(config, createLogger({ SERVICE_NAME: service, LOG_LEVEL: 'debug' }, { write }));
  tasks.push(task);
  return task;
}

test('every log line of a payment, in two services and a worker, has its request id and trace, with a span per hop', async () => {
  const placed = await orders.inject({
    method: 'POST',
    url: '/api/orders',
    headers: { cookie },
    payload: { items: [{ productId: 'heat', quantity: 1 }] },
  });
  lines.length = 0;
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const paid = await payments.inject({
    method: 'POST',
    url: '/api/payments',
    headers: { cookie, 'x-request-id': 'journey-1', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    payload: { orderId: placed.json<{ id: string }>().id, cardToken: 'tok_ok' },
  });
  expect([paid.statusCode, paid.headers['x-request-id']]).toEqual([201, 'journey-1']);
  await eventually(async () => expect(lines.map(({ msg }) => msg)).toContain('confirmation sent'));

  expect(lines.map(({ service, msg }) => `${service}: ${msg}`).toSorted()).toEqual([
    'mailer: confirmation sent',
    'orders: request completed',
    'payments: request completed',
  ]);
  for (const line of lines) expect(line).toMatchObject({ requestId: 'journey-1', traceId });
  const spans = Object.groupBy(lines, ({ spanId = '' }) => spanId);
  expect(Object.values(spans).map((hop) => new Set(hop?.map(({ service }) => service)).size)).toEqual([1, 1, 1]);
});

test('the log lines of a failed request have its request id, also those of the service it called', async () => {
  lines.length = 0;
  const failed = await payments.inject({
    method: 'POST',
    url: '/api/payments',
    headers: { cookie, 'x-request-id': 'journey-2' },
    payload: { orderId: randomUUID(), cardToken: 'tok_ok' },
  });
  expect(failed.statusCode).toBe(404);
  expect(lines.length).toBeGreaterThan(0);
  expect(new Set(lines.map(({ requestId }) => requestId))).toEqual(new Set(['journey-2']));
});
