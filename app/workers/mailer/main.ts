import { createSes, createSqs } from '../../kit/aws.ts';
import { databaseConfig, mailConfig, receiveConfig, redisConfig } from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { createPace } from '../../kit/pace.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { createServer } from '../../kit/server.ts';
import { startTask } from '../../kit/task.ts';
import { handleFeedback, parseMessage } from './feedback.ts';
import { handleEvent } from './handler.ts';
import { keepQuota } from './quota.ts';
import { createMailSender } from './ses.ts';
import { createSentStore, type MailerTables } from './store.ts';

const task = startTask({ ...databaseConfig, ...redisConfig, ...receiveConfig, ...mailConfig });
const store = createSentStore(connectDatabase<MailerTables>(task));
const ses = createSes(task.breakers);
const pace = createPace({
  redis: connectRedis(task),
  name: 'mail',
  tasks: task.config.MAIL_TASKS,
  // A turn comes, or the message goes back to the queue, before the handler's time is over.
  maxWaitMs: task.config.QUEUE_VISIBILITY_SECONDS * 500,
  log: task.log,
});
const { MAIL_FROM: from, MAIL_CONFIGURATION_SET: configurationSet } = task.config;
const send = keepQuota(createMailSender(ses, { from, configurationSet }), { ses, pace, log: task.log });
const parts = { store, send, log: task.log };
await serve(task, createServer({ name: 'mailer', log: task.log }));
startConsumer(task, {
  sqs: createSqs(task.breakers),
  parse: parseMessage,
  handle: (message) => ('eventType' in message ? handleFeedback(parts, message) : handleEvent(parts, message)),
});
