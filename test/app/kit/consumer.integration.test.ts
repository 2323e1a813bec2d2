import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startConsumer } from '../../../app/kit/consumer.ts';
import { parseEvent, type Event } from '../../../app/kit/events.ts';
import type { Task } from '../../../app/kit/task.ts';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';
import { eventually } from '../../support/eventually.ts';
import { silentTask } from '../../support/task.ts';

// A message that fails is hidden for 1 second, then for 2.

let endpoint: TestEndpoint;
let sqs: SQSClient;
let queue: string;
let dead: string;
let count = 0;
const tasks: Task<unknown>[] = [];

beforeAll(async () => {
  endpoint = await startTestEndpoint();
  sqs = new SQSClient(endpoint.clientConfig);
});
beforeEach(async () => {
  count += 1;
  dead = await createQueue(`dead-${count}`);
  const deadLetterTargetArn = `arn:aws:sqs:eu-central-1:000000000000:dead-${count}`;
  queue = await createQueue(`queue-${count}`, {
    VisibilityTimeout: '1',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
  });
});
afterEach(async () => {
  await Promise.all(tasks.splice(0).map((task) => task.stop()));
});
afterAll(async () => {
  sqs.destroy();
  await endpoint.stop();
});

async function createQueue(QueueName: string, Attributes: Partial<Record<QueueAttributeName, string>> = {}) {
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
}

function consume(handle: (event: Event) => Promise<void>, visibilitySeconds = 60) {
  return consumeAs(parseEvent, handle, visibilitySeconds);
}

function consumeAs<T>(parse: (body: string) => T, handle: (message: T) => Promise<void>, visibilitySeconds = 60) {
  const task = silentTask({
    QUEUE_URL: queue,
    DEAD_LETTERS_URL: dead,
    QUEUE_VISIBILITY_SECONDS: visibilitySeconds,
  });
  startConsumer(task, { sqs, parse, handle });
  tasks.push(task);
  return task;
}

const sendBody = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }));
const send = (id: string) =>
  sendBody(JSON.stringify({ id, type: 'thing.done', at: '2026-01-01T00:00:00Z', payload: {} }));

/** Returns the numbers of messages in a queue: waiting, and received but not deleted. */
async function depth(QueueUrl: string): Promise<[waiting: number, inFlight: number]> {
  const AttributeNames: QueueAttributeName[] = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return AttributeNames.map((name) => Number(Attributes?.[name])) as [number, number];
}

test('a handled message is deleted', async () => {
  const handled: string[] = [];
  consume(async ({ id }) => void handled.push(id));
  await Promise.all(['a', 'b', 'c'].map(send));
  await eventually(async () => expect(await depth(queue)).toEqual([0, 0]));
  expect(handled.toSorted()).toEqual(['a', 'b', 'c']);
});

test('another envelope than an event is parsed and handled', async () => {
  const keys: string[] = [];
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
  const parse = (body: string) => JSON.parse(body) as { Records: { s3: { object: { key: string } } }[] };
  consumeAs(parse, async ({ Records }) => void keys.push(...Records.map(({ s3 }) => s3.object.key)));
  await sendBody('{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"cat.png"}}}]}');
  await eventually(async () => expect(keys).toEqual(['cat.png']));
  await eventually(async () => expect(await depth(queue)).toEqual([0, 0]));
});

test('a message whose handler fails is received again', async () => {
  let attempts = 0;
  consume(async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('the mail server is down');
  });
  await send('a');
  await eventually(async () => expect(attempts).toBe(2));
  await eventually(async () => expect(await depth(queue)).toEqual([0, 0]));
  expect(await depth(dead)).toEqual([0, 0]);
});

test.each([
  ['a message whose handler always fails', () => send('a')],
  ['a message that does not parse', () => sendBody('hello')],
])('%s ends in the dead-letter queue', async (_what, act) => {
  consume(() => Promise.reject(new Error('never')));
  await act();
  await eventually(async () => expect(await depth(dead)).toEqual([1, 0]));
  expect(await depth(queue)).toEqual([0, 0]);
});

test('a handler that hangs does not block other messages', async () => {
  const handled: string[] = [];
  consume(async ({ id }) => (id === 'endless' ? new Promise(() => {}) : void handled.push(id)), 1);
  await send('endless');
  await eventually(async () => expect(await depth(queue)).toEqual([0, 1]));
  await send('a');
  await eventually(async () => expect(handled).toEqual(['a']));
  await eventually(async () => expect(await depth(dead)).toEqual([1, 0]));
});

test('stopping waits for the message being handled, and deletes it', async () => {
  const work = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const task = consume(() => {
    started.resolve();
    return work.promise;
  });
  await send('a');
  await started.promise;
  const stopped = task.stop();
  setTimeout(work.resolve, 300);
  await stopped;
  expect(await depth(queue)).toEqual([0, 0]);
});

test('stopping does not wait for a long poll', async () => {
  const task = consume(async () => {});
  await new Promise((resolve) => setTimeout(resolve, 300));
  const start = performance.now();
  await task.stop();
  expect(performance.now() - start).toBeLessThan(5_000);
});
