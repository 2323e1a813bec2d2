import { createKeyOwnerFinder } from '../../kit/api-keys.ts';
import { createS3, createSqs } from '../../kit/aws.ts';
import { callConfig, databaseConfig, receiveConfig, sessionConfig, uploadsConfig } from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { parseEvent } from '../../kit/events.ts';
import { createHttpClient } from '../../kit/http-client.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { handleProcessed } from './events.ts';
import { createImageStore, type ImagesTables } from './store.ts';
import { createUploadSigner } from './upload.ts';

const task = startTask({ ...databaseConfig, ...sessionConfig, ...callConfig, ...receiveConfig, ...uploadsConfig });
const { config, breakers } = task;
const store = createImageStore(connectDatabase<ImagesTables>(task));
const redis = connectRedis(task);
const call = (name: string) => createHttpClient({ name, baseUrl: config.SERVICES_URL, timeoutMs: 3_000, breakers });
const app = createApp({
  log: task.log,
  redis,
  limits: redis,
  sessionSecret: config.SESSION_SECRET,
  findKeyOwner: createKeyOwnerFinder(call('auth')),
  store,
  signUpload: createUploadSigner(createS3(breakers), config.UPLOADS_BUCKET),
});
await serve(task, app);
startConsumer(task, {
  sqs: createSqs(breakers),
  parse: parseEvent,
  handle: (event) => handleProcessed({ store }, event),
});
