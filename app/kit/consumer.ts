import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import type { ReceiveConfig } from './config.ts';
import type { Task } from './task.ts';
import { continueTrace, runInTrace, traceHeaderNames, type Trace } from './trace-context.ts';

/**
 * Receives messages by long polls. Each body goes through `parse` and then `handle`, inside the trace that the message's
 * attributes carry. A message for which either of them throws stays in the queue, is received again after the queue's
 * visibility timeout, and ends in the dead-letter queue.
 */
export function startConsumer<T>(
  { config, log, onStop }: Task<ReceiveConfig>,
  { sqs, parse, handle }: { sqs: SQSClient; parse: (body: string) => T; handle: (message: T) => Promise<void> },
): void {
  const stopping = new AbortController();
  const traces = new WeakMap<Message, Trace>();
  let failed = false;

  const consumer = Consumer.create({
    queueUrl: config.QUEUE_URL,
    sqs: abortReceiving(sqs, stopping.signal),
    messageAttributeNames: [...traceHeaderNames],
    // Handled concurrently: as many as a database pool has connections, so that none waits for one.
    batchSize: 5,
    waitTimeSeconds: 20,
    pollingCompleteWaitTimeMs: 8_000,
    // In ms. Ends before the message becomes visible to other tasks; without it, a handler that hangs would stop receiving.
    handleMessageTimeout: config.QUEUE_VISIBILITY_SECONDS * 750,
    async preReceiveMessageCallback() {
      if (failed) await sleep(1000, undefined, { signal: stopping.signal });
      failed = false;
    },
    async handleMessage(message) {
      const trace = continueTrace(attributesOf(message));
      traces.set(message, trace);
      await runInTrace(trace, async () => handle(parse(message.Body ?? '')));
      return message;
    },
  });
  consumer.on('error', (err) => {
    failed = true;
    if (!stopping.signal.aborted) log.error({ err }, 'the queue is not available');
  });
  const logFailure = (err: Error, message: Message) =>
    runInTrace(traces.get(message) ?? continueTrace({}), () =>
      log.error({ err, messageId: message.MessageId }, 'a message was not handled, it stays in the queue'),
    );
  consumer.on('processing_error', logFailure);
  consumer.on('timeout_error', logFailure);
  consumer.start();

  const stopped = new Promise<void>((resolve) => consumer.once('stopped', () => resolve()));
  onStop('receiving', async () => {
    stopping.abort();
    consumer.stop();
    await stopped;
  });
}

function attributesOf({ MessageAttributes = {} }: Message): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]));
}

/** Aborts a long poll on stop. The consumer's own `abort` would also abort the deletion of handled messages. */
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
