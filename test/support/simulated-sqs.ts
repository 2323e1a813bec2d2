import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';

interface Stored {
  readonly id: string;
  readonly body: string;
  type: string | undefined;
  readonly sentAt: number;
  receives: number;
  visibleAt: number;
  receivedAt: number;
  handle: string;
}

export interface QueueSettings {
  readonly maxReceiveCount: number;
  /** In seconds, like the next one. */
  readonly visibilityTimeout: number;
  readonly retention: number;
}

/**
 * A standard queue with its dead-letter queue, in memory, for tests with a mocked clock. Receive counts, visibility, its
 * 12-hour limit, retention and the move to the dead-letter queue are those of SQS:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export function simulateSqs({ maxReceiveCount, visibilityTimeout, retention }: QueueSettings) {
  const urls = { queue: 'http://sqs/queue', dead: 'http://sqs/dead' };
  const dead: { body: string; at: number; failure?: string }[] = [];
  let messages: Stored[] = [];
  let count = 0;
  let receives = 0;
  let mostReceives = 0;

  function receive(most: number): Message[] {
    const now = Date.now();
    messages = messages.filter(({ sentAt }) => sentAt + retention * 1000 > now);
    const received: Message[] = [];
    for (const message of messages.filter(({ visibleAt }) => visibleAt <= now)) {
      if (received.length === most) break;
      message.receives += 1;
      if (message.receives > maxReceiveCount) {
        messages.splice(messages.indexOf(message), 1);
        dead.push({ body: message.body, at: now });
        continue;
      }
      receives += 1;
      mostReceives = Math.max(mostReceives, message.receives);
      Object.assign(message, { receivedAt: now, visibleAt: now + visibilityTimeout * 1000, handle: `h-${++count}` });
      received.push({
        MessageId: message.id,
        Body: message.body,
        ReceiptHandle: message.handle,
        Attributes: { ApproximateReceiveCount: String(message.receives) },
        ...(message.type !== undefined && {
          MessageAttributes: { type: { DataType: 'String', StringValue: message.type } },
        }),
      });
    }
    return received;
  }

  async function longPoll(most: number, seconds: number, signal?: AbortSignal): Promise<{ Messages?: Message[] }> {
    for (const end = Date.now() + seconds * 1000; ;) {
      signal?.throwIfAborted();
      const received = receive(most);
      if (received.length > 0) return { Messages: received };
      if (Date.now() >= end) return {};
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  function find(handle = ''): Stored | undefined {
    return messages.find((message) => message.handle === handle);
  }

  async function send(command: unknown, { abortSignal }: { abortSignal?: AbortSignal } = {}): Promise<unknown> {
    if (command instanceof ReceiveMessageCommand) {
      const { MaxNumberOfMessages = 1, WaitTimeSeconds = 0 } = command.input;
      return longPoll(MaxNumberOfMessages, WaitTimeSeconds, abortSignal);
    }
    if (command instanceof DeleteMessageCommand) {
      messages = messages.filter(({ handle }) => handle !== command.input.ReceiptHandle);
      return {};
    }
    if (command instanceof ChangeMessageVisibilityCommand) {
      const { ReceiptHandle, VisibilityTimeout = 0 } = command.input;
      const message = find(ReceiptHandle);
      const visibleAt = Date.now() + VisibilityTimeout * 1000;
      if (!message || message.visibleAt <= Date.now()) throw new Error('MessageNotInflight');
      if (visibleAt > message.receivedAt + 43_200_000) throw new Error('Total VisibilityTimeout is beyond the limit');
      message.visibleAt = visibleAt;
      return {};
    }
    if (command instanceof SendMessageCommand && command.input.QueueUrl === urls.dead) {
      const { MessageBody = '', MessageAttributes } = command.input;
      dead.push({ body: MessageBody, at: Date.now(), failure: MessageAttributes?.['failure']?.StringValue });
      return {};
    }
    throw new Error('The simulation does not know this command');
  }

  return {
    sqs: { send } as unknown as SQSClient,
    config: { QUEUE_URL: urls.queue, DEAD_LETTERS_URL: urls.dead, QUEUE_VISIBILITY_SECONDS: visibilityTimeout },
    dead,
    /** With `type`, as its attribute. */
    put(body: string, type?: string): void {
      const now = Date.now();
      messages.push({
        id: `m-${++count}`,
        body,
        type,
        sentAt: now,
        receives: 0,
        visibleAt: now,
        receivedAt: 0,
        handle: '',
      });
    },
    left: () => messages.length,
    /** How many receives there were, of all messages and of the one that was received most often. */
    receives: () => receives,
    mostReceives: () => mostReceives,
  };
}
