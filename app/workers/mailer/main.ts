import { createSes, createSqs } from '../../kit/aws.ts';
import { databaseConfig, mailConfig, receiveConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { runWorker } from '../../kit/worker.ts';
import { startTask } from '../../kit/task.ts';
import { handlePaid, type MailerSchema } from './handle.ts';
import { sendBySes } from './ses.ts';

const { config, log } = startTask({ ...databaseConfig, ...receiveConfig, ...mailConfig });
const database = connectDatabase<MailerSchema>(config, log);
const send = sendBySes(createSes(), config.MAIL_FROM);

await runWorker(config, {
  log,
  sqs: createSqs(),
  handle: (event) => handlePaid({ database, send, log }, event),
  close: () => database.close(),
});
