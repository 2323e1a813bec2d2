import type { SQSClient } from '@aws-sdk/client-sqs';
import type { ReceiveConfig } from './config.ts';
import { startConsumer } from './consumer.ts';
import type { Event } from './events.ts';
import type { Logger } from './log.ts';
import { serve } from './serve.ts';
import { createServer } from './server.ts';

/** Runs a worker: hands it the events of its queue, answers /api/health, and on a stop ends its work before `close`. */
export async function runWorker(
  config: { SERVICE_NAME: string; HOST: string; PORT: number } & ReceiveConfig,
  worker: { log: Logger; sqs: SQSClient; handle: (event: Event) => Promise<void>; close: () => Promise<void> },
): Promise<void> {
  const { log, sqs, handle } = worker;
  const app = createServer({ name: config.SERVICE_NAME, logger: log });
  const consumer = startConsumer(config, { sqs, log, handle });
  app.addHook('onClose', async () => {
    await consumer.stop();
    await worker.close();
  });
  await serve(app, config);
}
