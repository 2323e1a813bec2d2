import { createS3, createSns, createSqs } from '../../kit/aws.ts';
import { databaseConfig, publishConfig, receiveConfig, uploadsConfig } from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { startRelay } from '../../kit/outbox.ts';
import { serve } from '../../kit/serve.ts';
import { createServer } from '../../kit/server.ts';
import { startTask } from '../../kit/task.ts';
import { handleUpload, type HandlerParts } from './handler.ts';
import { oneByOne } from './one-by-one.ts';
import { createObjects } from './objects.ts';
import { createProcessedStore, type ImagerTables } from './store.ts';
import { parseNotification } from './upload.ts';
import { makeVariants } from './variants.ts';

const task = startTask({ ...databaseConfig, ...receiveConfig, ...publishConfig, ...uploadsConfig });
const database = connectDatabase<ImagerTables>(task);
const parts: HandlerParts = {
  objects: createObjects(createS3(task.breakers), task.config.UPLOADS_BUCKET),
  store: createProcessedStore(database),
  makeVariants: oneByOne(makeVariants),
  log: task.log,
};
const relay = startRelay(task, { database, sns: createSns(task.breakers) });
await serve(task, createServer({ name: 'imager', log: task.log }));
startConsumer(task, {
  sqs: createSqs(task.breakers),
  parse: parseNotification,
  async handle(uploads) {
    for (const upload of uploads) await handleUpload(parts, upload);
    relay.nudge();
  },
});
