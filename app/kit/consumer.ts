import { ReceiveMessageCommand, SendMessageCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import { timeout, TimeoutStrategy } from 'cockatiel';
import timers from 'node:timers/promises';
import { Consumer } from 'sqs-consumer';
import type { ReceiveConfig } from './config.ts';
import { PermanentError } from './permanent-error.ts';
import { createReceiveBreaker } from './receive-breaker.ts';
import { longestDelay, receiveLimit, retryDelay } from './redelivery.ts';
import type { Task } from './task.ts';
import { observePeak } from './telemetry/peak.ts';
import { errorType, inHop } from './telemetry/spans.ts';
import { continueTrace } from './trace-context.ts';

/** Handled concurrently: as many as a database pool has connections, so that none waits for one. */
const batchSize = 5;

/**
 * Receives messages by long polls. Each body goes through `parse` and then `handle`, inside the trace that the message's
 * attributes carry. A message for which either of them throws is received again, later each time, and in the end goes to the
 * dead-letter queue: how soon depends on the error, see `receiveLimit`. While a dependency of `handle` is down, nothing is
 * received but a probe now and then.
 */
export function startConsumer<T>(
  { config, log, metrics, onStop }: Task<ReceiveConfig>,
  { sqs, parse, handle }: { sqs: SQSClient; parse: (body: string) => T; handle: (message: T) => Promise<void> },
): void {
  const stopping = new AbortController();
  let failed = false;
  // Ends before the message becomes visible to other tasks; without it, a handler that hangs would stop receiving.
  const handlingSeconds = config.QUEUE_VISIBILITY_SECONDS * 0.75;
  const inTime = timeout(handlingSeconds * 1000, TimeoutStrategy.Aggressive);
  const breaker = createReceiveBreaker(log, (probing) => consumer.updateOption('batchSize', probing ? 1 : batchSize));

  const inFlight = observePeak(metrics, 'MessagesInFlight');
  const queue = config.QUEUE_URL.split('/').at(-1) ?? '';
  const describe = ({ MessageId = '' }: Message) => ({
    name: `process ${queue}`,
    kind: 'CONSUMER' as const,
    attributes: {
      'messaging.system': 'aws_sqs',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': queue,
      'messaging.message.id': MessageId,
    },
  });

  const consumer = Consumer.create({
    queueUrl: config.QUEUE_URL,
    sqs: abortReceiving(sqs, stopping.signal),
    messageAttributeNames: ['All'],
    messageSystemAttributeNames: ['ApproximateReceiveCount'],
    batchSize,
    waitTimeSeconds: 20,
    pollingCompleteWaitTimeMs: 8_000,
    terminateVisibilityTimeout: ([message]) => retryDelay(receivesOf(message!), longestDelay(handlingSeconds)),
    async preReceiveMessageCallback() {
      if (failed) await timers.setTimeout(1000, undefined, { signal: stopping.signal });
      failed = false;
      await breaker.ready(stopping.signal);
    },
    handleMessage: (message) =>
      inHop(
        continueTrace(attributesOf(message)),
        () => describe(message),
        async (attributes) => {
          const { type = 'unknown' } = attributesOf(message);
          const startedAt = performance.now();
          inFlight.begin();
          try {
            const parsed = parseBody(parse, message);
            await breaker.execute(() => inTime.execute(() => handle(parsed)));
          } catch (err) {
            attributes['error.type'] = errorType(err);
            metrics.add('MessagesFailed', 1, { type });
            const fields = { err, messageId: message.MessageId, receives: receivesOf(message) };
            if (fields.receives < receiveLimit(err) || !(await bury(message, err))) {
              log.error(fields, 'a message was not handled, it stays in the queue');
              throw err;
            }
            log.error(fields, 'a message was not handled, it is now in the dead-letter queue');
          } finally {
            inFlight.end();
            metrics.record('MessageDuration', performance.now() - startedAt, { type });
          }
          return message;
        },
      ),
  });
  consumer.on('error', (err) => {
    failed = true;
    if (!stopping.signal.aborted) log.error({ err }, 'the queue is not available');
  });
  consumer.start();

  const stopped = new Promise<void>((resolve) => consumer.once('stopped', () => resolve()));
  onStop('receiving', async () => {
    stopping.abort();
    consumer.stop();
    await stopped;
  });

  /** Copies a message to the dead-letter queue, with the error. Returns whether it could. */
  async function bury(message: Message, error: unknown): Promise<boolean> {
    // SQS refuses control characters, which a body that is quoted in the error may have.
    const text = String(error)
      .slice(0, 1000)
      .replaceAll(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]/g, '?');
    const failure = { DataType: 'String', StringValue: text };
    const copy = new SendMessageCommand({
      QueueUrl: config.DEAD_LETTERS_URL,
      MessageBody: message.Body,
      MessageAttributes: { ...message.MessageAttributes, failure },
    });
    try {
      await sqs.send(copy);
      return true;
    } catch (err) {
      log.error({ err }, 'the dead-letter queue is not available');
      return false;
    }
  }
}

function parseBody<T>(parse: (body: string) => T, { Body = '' }: Message): T {
  try {
    return parse(Body);
  } catch (cause) {
    throw new PermanentError(`The message does not parse: ${String(cause)}`, { cause });
  }
}

/** How often the message was received, this time included. */
const receivesOf = ({ Attributes }: Message): number => Number(Attributes?.ApproximateReceiveCount ?? 1);

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
