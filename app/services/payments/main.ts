import { createSns } from '../../kit/aws.ts';
import { callConfig, databaseConfig, publishConfig, sessionConfig, url } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { createHttpClient } from '../../kit/http-client.ts';
import { startRelay } from '../../kit/outbox.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { httpProvider } from './http-provider.ts';
import { findOrderOver } from './orders.ts';
import { settleAbandoned, startReconciler } from './reconciler.ts';
import { createPaymentStore, type PaymentsSchema } from './store.ts';

const { config, log } = startTask({
  ...databaseConfig,
  ...sessionConfig,
  ...callConfig,
  ...publishConfig,
  PAYMENT_PROVIDER_URL: url,
});
const database = connectDatabase<PaymentsSchema>(config, log);
const redis = connectRedis(config, log);
const relay = startRelay({ database, topicArn: config.EVENTS_TOPIC_ARN, sns: createSns(), log });
const store = createPaymentStore(database);
const orders = createHttpClient({ name: 'orders', baseUrl: config.SERVICES_URL, timeoutMs: 3_000 });
const provider = httpProvider(
  createHttpClient({ name: 'The payment provider', baseUrl: config.PAYMENT_PROVIDER_URL, timeoutMs: 3_000 }),
);
const reconciler = startReconciler((signal) => settleAbandoned({ store, provider, log }, signal), log);

const app = await createApp({
  logger: log,
  redis,
  sessionSecret: config.SESSION_SECRET,
  store,
  provider,
  findOrder: findOrderOver(orders),
  announced: () => relay.nudge(),
});
app.addHook('onClose', async () => {
  await reconciler.stop();
  await relay.stop();
  redis.disconnect();
  await database.close();
});
await serve(app, config);
