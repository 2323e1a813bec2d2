import { createKeyOwnerFinder } from '../../kit/api-keys.ts';
import { createSns, createSqs } from '../../kit/aws.ts';
import {
  callConfig,
  databaseConfig,
  providerKeyConfig,
  publishConfig,
  receiveConfig,
  sessionConfig,
  url,
} from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { parseEvent } from '../../kit/events.ts';
import { createHttpClient } from '../../kit/http-client.ts';
import { startRelay } from '../../kit/outbox.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createConfirmationStore } from './confirmation-store.ts';
import { handleOrderPaid, publishUnconfirmed } from './confirmation.ts';
import { createPaymentProvider } from './http-provider.ts';
import { createOrderFinder } from './orders.ts';
import { settleAbandoned, startReconciler } from './reconciler.ts';
import { createPaymentStore } from './store.ts';
import type { PaymentsTables } from './tables.ts';

const task = startTask({
  ...databaseConfig,
  ...sessionConfig,
  ...callConfig,
  ...publishConfig,
  ...receiveConfig,
  ...providerKeyConfig,
  PAYMENT_PROVIDER_URL: url,
});
const { config, log } = task;
const call = (name: string, baseUrl: string) =>
  createHttpClient({ name, baseUrl, timeoutMs: 3_000, breakers: task.breakers });

const database = connectDatabase<PaymentsTables>(task);
const store = createPaymentStore(database, task.metrics);
const confirmations = { store: createConfirmationStore(database), log };
const provider = createPaymentProvider(
  call('The payment provider', config.PAYMENT_PROVIDER_URL),
  config.PAYMENT_PROVIDER_KEY,
);
const relay = startRelay(task, { database, sns: createSns(task.breakers) });
startReconciler(task, (signal) => settleAbandoned({ store, provider, log }, signal));
startReconciler(task, () => publishUnconfirmed(confirmations));

const redis = connectRedis(task);
const app = createApp({
  log,
  redis,
  limits: redis,
  sessionSecret: config.SESSION_SECRET,
  findKeyOwner: createKeyOwnerFinder(call('auth', config.SERVICES_URL)),
  store,
  provider,
  findOrder: createOrderFinder(call('orders', config.SERVICES_URL)),
  onCommit: () => relay.nudge(),
});
await serve(task, app);
startConsumer(task, {
  sqs: createSqs(task.breakers),
  parse: parseEvent,
  handle: (event) => handleOrderPaid(confirmations, event),
});
