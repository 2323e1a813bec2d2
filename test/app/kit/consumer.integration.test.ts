import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { startConsumer } from '../../../app/kit/consumer.ts';
import type { Event } from '../../../app/kit/events.ts';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';
import { eventually } from '../../support/eventually.ts';

let endpoint: TestEndpoint;
let sqs: SQSClient;
let queue: string;
let dead: string;
let count = 0;
const consumers: { stop(): Promise<void> }[] = [];

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
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
});
afterAll(async () => {
  sqs.destroy();
  await endpoint.stop();
});

async function createQueue(QueueName: string, Attributes: Partial<Record<QueueAttributeName, string>> = {}) {
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
}

function consume(handle: (event: Event) => Promise<void>, visibilitySeconds = 60) {
  const config = { QUEUE_URL: queue, QUEUE_VISIBILITY_SECONDS: visibilitySeconds };
  const consumer = startConsumer(config, { sqs, log: pino({ level: 'silent' }), handle });
  consumers.push(consumer);
  return consumer;
}

const sendBody = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }));
const send = (id: string) =>
  sendBody(JSON.stringify({ id, type: 'thing.done', at: '2026-01-01T00:00:00Z', payload: {} }));

/** Messages in a queue: waiting, and received but not deleted. */
async function depth(QueueUrl: string): Promise<[waiting: number, inFlight: number]> {
  const AttributeNames: QueueAttributeName[] = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return AttributeNames.map((name) => Number(Attributes?.[name])) as [number, number];
}

test('what was handled is deleted', async () => {
  const handled: string[] = [];
  consume(async ({ id }) => void handled.push(id));
  await Promise.all(['a', 'b', 'c'].map(send));
  await eventually(async () => expect(await depth(queue)).toEqual([0, 0]));
  expect(handled.toSorted()).toEqual(['a', 'b', 'c']);
});

test('what fails comes again', async () => {
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
  ['what fails again and again', () => send('a')],
  ['what is no event', () => sendBody('hello')],
])('%s ends in the dead-letter queue', async (_what, act) => {
  consume(() => Promise.reject(new Error('never')));
  await act();
  await eventually(async () => expect(await depth(dead)).toEqual([1, 0]));
  expect(await depth(queue)).toEqual([0, 0]);
});

test('one that never ends does not keep the others from being received', async () => {
  const handled: string[] = [];
  consume(async ({ id }) => (id === 'endless' ? new Promise(() => {}) : void handled.push(id)), 1);
  await send('endless');
  await eventually(async () => expect(await depth(queue)).toEqual([0, 1]));
  await send('a');
  await eventually(async () => expect(handled).toEqual(['a']));
  await eventually(async () => expect(await depth(dead)).toEqual([1, 0]));
});

test('a stop waits for what is being handled, and deletes it', async () => {
  const work = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const consumer = consume(() => {
    started.resolve();
    return work.promise;
  });
  await send('a');
  await started.promise;
  const stopped = consumer.stop();
  setTimeout(work.resolve, 300);
  await stopped;
  expect(await depth(queue)).toEqual([0, 0]);
});

test('a stop does not wait for a long poll', async () => {
  const consumer = consume(async () => {});
  await new Promise((resolve) => setTimeout(resolve, 300));
  const start = performance.now();
  await consumer.stop();
  expect(performance.now() - start).toBeLessThan(5_000);
});
