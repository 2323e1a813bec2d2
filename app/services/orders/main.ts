import { Type } from 'typebox';
import { createSqs } from '../../kit/aws.ts';
import { callConfig, databaseConfig, readConfig, receiveConfig, sessionConfig, taskConfig } from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { createHttpClient } from '../../kit/http-client.ts';
import { createLogger } from '../../kit/log.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { createApp } from './app.ts';
import { handlePaid } from './events.ts';
import { findPricesOver } from './pricing.ts';
import { createOrderStore, type OrdersSchema } from './store.ts';

const config = readConfig(
  Type.Object({ ...taskConfig, ...databaseConfig, ...sessionConfig, ...callConfig, ...receiveConfig }),
);
const logger = createLogger(config);
const database = connectDatabase<OrdersSchema>(config, logger);
const redis = connectRedis(config, logger);
const store = createOrderStore(database);
const catalog = createHttpClient({ name: 'catalog', baseUrl: config.SERVICES_URL, timeoutMs: 3_000 });

const app = await createApp({
  logger,
  redis,
  sessionSecret: config.SESSION_SECRET,
  store,
  findPrices: findPricesOver(catalog),
});
const consumer = startConsumer({
  queueUrl: config.QUEUE_URL,
  sqs: createSqs(),
  log: logger,
  handle: (event) => handlePaid(store, event),
});
app.addHook('onClose', async () => {
  await consumer.stop();
  redis.disconnect();
  await database.close();
});
await serve(app, config);
