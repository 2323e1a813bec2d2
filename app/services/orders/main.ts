import { createKeyOwnerFinder } from '../../kit/api-keys.ts';
import { createSns, createSqs } from '../../kit/aws.ts';
import { callConfig, databaseConfig, publishConfig, receiveConfig, sessionConfig } from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { parseEvent } from '../../kit/events.ts';
import { createHttpClient } from '../../kit/http-client.ts';
import { startRelay } from '../../kit/outbox.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { handlePaid } from './events.ts';
import { createPriceFinder } from './pricing.ts';
import { createOrderStore, type OrdersTables } from './store.ts';

const task = startTask({ ...databaseConfig, ...sessionConfig, ...callConfig, ...publishConfig, ...receiveConfig });
const database = connectDatabase<OrdersTables>(task);
const store = createOrderStore(database, task.metrics);
const call = (name: string) =>
  createHttpClient({ name, baseUrl: task.config.SERVICES_URL, timeoutMs: 3_000, breakers: task.breakers });
const redis = connectRedis(task);
const app = createApp({
  log: task.log,
  redis,
  limits: redis,
  sessionSecret: task.config.SESSION_SECRET,
  findKeyOwner: createKeyOwnerFinder(call('auth')),
  store,
  findPrices: createPriceFinder(call('catalog')),
});
startRelay(task, { database, sns: createSns(task.breakers) });
await serve(task, app);
startConsumer(task, {
  sqs: createSqs(task.breakers),
  parse: parseEvent,
  handle: (event) => handlePaid({ store }, event),
});
