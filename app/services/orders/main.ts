import { createSqs } from '../../kit/aws.ts';
import { callConfig, databaseConfig, receiveConfig, sessionConfig } from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { createHttpClient } from '../../kit/http-client.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { handlePaid } from './events.ts';
import { findPricesOver } from './pricing.ts';
import { createOrderStore, type OrdersSchema } from './store.ts';

const { config, log } = startTask({ ...databaseConfig, ...sessionConfig, ...callConfig, ...receiveConfig });
const database = connectDatabase<OrdersSchema>(config, log);
const redis = connectRedis(config, log);
const store = createOrderStore(database);
const catalog = createHttpClient({ name: 'catalog', baseUrl: config.SERVICES_URL, timeoutMs: 3_000 });

const app = await createApp({
  logger: log,
  redis,
  sessionSecret: config.SESSION_SECRET,
  store,
  findPrices: findPricesOver(catalog),
});
const consumer = startConsumer(config, {
  sqs: createSqs(),
  log,
  handle: (event) => handlePaid(store, event),
});
app.addHook('onClose', async () => {
  await consumer.stop();
  redis.disconnect();
  await database.close();
});
await serve(app, config);
