import { createSes, createSqs } from '../../kit/aws.ts';
import { databaseConfig, mailConfig, receiveConfig } from '../../kit/config.ts';
import { startConsumer } from '../../kit/consumer.ts';
import { connectDatabase } from '../../kit/database.ts';
import { parseEvent } from '../../kit/events.ts';
import { serve } from '../../kit/serve.ts';
import { createServer } from '../../kit/server.ts';
import { startTask } from '../../kit/task.ts';
import { handleEvent } from './handler.ts';
import { createMailSender } from './ses.ts';
import { createSentStore, type MailerTables } from './store.ts';

const task = startTask({ ...databaseConfig, ...receiveConfig, ...mailConfig });
const store = createSentStore(connectDatabase<MailerTables>(task));
const send = createMailSender(createSes(task.breakers), task.config.MAIL_FROM);
await serve(task, createServer({ name: 'mailer', log: task.log }));
startConsumer(task, {
  sqs: createSqs(task.breakers),
  parse: parseEvent,
  handle: (event) => handleEvent({ store, send, log: task.log }, event),
});
