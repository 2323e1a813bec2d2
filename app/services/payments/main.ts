import { Type } from 'typebox';
import { createSns } from '../../kit/aws.ts';
import {
  callConfig,
  databaseConfig,
  publishConfig,
  readConfig,
  sessionConfig,
  taskConfig,
  url,
} from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { createHttpClient } from '../../kit/http-client.ts';
import { createLogger } from '../../kit/log.ts';
import { startRelay } from '../../kit/outbox.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { createApp } from './app.ts';
import { httpProvider } from './http-provider.ts';
import { findOrderOver } from './orders.ts';
import { settleAbandoned, startReconciler } from './reconciler.ts';
import { createPaymentStore, type PaymentsSchema } from './store.ts';

const config = readConfig(
  Type.Object({
    ...taskConfig,
    ...databaseConfig,
    ...sessionConfig,
    ...callConfig,
    ...publishConfig,
    PAYMENT_PROVIDER_URL: url,
  }),
);
const logger = createLogger(config);
const database = connectDatabase<PaymentsSchema>(config, logger);
const redis = connectRedis(config, logger);
const relay = startRelay({ database, topicArn: config.EVENTS_TOPIC_ARN, sns: createSns(), log: logger });
const store = createPaymentStore(database);
const orders = createHttpClient({ name: 'orders', baseUrl: config.SERVICES_URL, timeoutMs: 3_000 });
const provider = httpProvider(
  createHttpClient({ name: 'The payment provider', baseUrl: config.PAYMENT_PROVIDER_URL, timeoutMs: 3_000 }),
);
const reconciler = startReconciler((signal) => settleAbandoned({ store, provider, log: logger }, signal), logger);

const app = await createApp({
  logger,
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
