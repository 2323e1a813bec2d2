import { Type } from 'typebox';
import { createSes, createSqs } from '../../kit/aws.ts';
import { databaseConfig, mailConfig, readConfig, receiveConfig, taskConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { createLogger } from '../../kit/log.ts';
import { runWorker } from '../../kit/worker.ts';
import { handlePaid, type MailerSchema } from './handle.ts';
import { sendBySes } from './ses.ts';

const config = readConfig(Type.Object({ ...taskConfig, ...databaseConfig, ...receiveConfig, ...mailConfig }));
const log = createLogger(config);
const database = connectDatabase<MailerSchema>(config, log);
const send = sendBySes(createSes(), config.MAIL_FROM);

await runWorker(config, {
  log,
  sqs: createSqs(),
  handle: (event) => handlePaid({ database, send, log }, event),
  close: () => database.close(),
});
