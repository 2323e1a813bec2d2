import { createSns, createSqs } from '../../kit/aws.ts';
import { databaseConfig, publishConfig, receiveConfig } from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { startRelay } from '../../kit/outbox.ts';
import { serve } from '../../kit/serve.ts';
import { createServer } from '../../kit/server.ts';
import { startTask } from '../../kit/task.ts';

const task = startTask({ ...databaseConfig, ...publishConfig, ...receiveConfig });
startRelay(task, { database: connectDatabase(task), sns: createSns(task.breakers) });
await serve(task, createServer({ name: 'imager', log: task.log }));
startConsumer(task, {
  sqs: createSqs(task.breakers),
  parse: String,
  // The messages wait.
  handle: () => Promise.reject(new Error('Uploads are not processed yet')),
});
