import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import type { ReceiveConfig } from './config.ts';
import { parseEvent, type Event } from './events.ts';
import type { Logger } from './log.ts';

/**
 * Receives events by long polls and hands each to `handle`; one that throws, or is no event, stays in the queue,
 * comes again after the queue's visibility timeout, and ends in its dead-letter queue.
 */
export function startConsumer(
  config: ReceiveConfig,
  { sqs, log, handle }: { sqs: SQSClient; log: Logger; handle: (event: Event) => Promise<void> },
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let failed = false;

  const consumer = Consumer.create({
    queueUrl: config.QUEUE_URL,
    sqs: abortReceiving(sqs, stopping.signal),
    // Handled at once: as many as a database pool has connections, so that none waits for one in vain.
    batchSize: 5,
    waitTimeSeconds: 20,
    pollingCompleteWaitTimeMs: 8_000,
    // One that never ends would keep its task from receiving for good; in ms, and over before another task gets it too.
    handleMessageTimeout: config.QUEUE_VISIBILITY_SECONDS * 750,
    async preReceiveMessageCallback() {
      if (failed) await sleep(1000, undefined, { signal: stopping.signal });
      failed = false;
    },
    async handleMessage(message) {
      await handle(parseEvent(message.Body));
      return message;
    },
  });
  consumer.on('error', (err) => {
    failed = true;
    if (!stopping.signal.aborted) log.error({ err }, 'the queue does not answer');
  });
  const notHandled = (err: Error, message: { MessageId?: string }) =>
    log.error({ err, messageId: message.MessageId }, 'a message was not handled, it stays in the queue');
  consumer.on('processing_error', notHandled);
  consumer.on('timeout_error', notHandled);
  consumer.start();

  const stopped = new Promise<void>((resolve) => consumer.once('stopped', () => resolve()));
  return {
    async stop() {
      stopping.abort();
      consumer.stop();
      await stopped;
    },
  };
}

/** Ends a long poll when stopping, but not the deletion of what was handled, as the consumer's own `abort` would. */
function abortReceiving(sqs: SQSClient, signal: AbortSignal): SQSClient {
  return new Proxy(sqs, {
    get(client, property) {
      if (property !== 'send') return Reflect.get(client, property) as unknown;
      return (command: Parameters<SQSClient['send']>[0], ...rest: unknown[]) =>
        command instanceof ReceiveMessageCommand
          ? client.send(command, { abortSignal: signal })
          : (client.send as (...args: unknown[]) => unknown).call(client, command, ...rest);
    },
  });
}
