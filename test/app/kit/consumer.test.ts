import { mock } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { SESServiceException } from '@aws-sdk/client-ses';
import { Template } from 'aws-cdk-lib/assertions';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { startConsumer } from '../../../app/kit/consumer.ts';
import { parseEvent, payloadOf, type Event } from '../../../app/kit/events.ts';
import { DependencyError } from '../../../app/kit/problem.ts';
import { longestDelay, retryDelay } from '../../../app/kit/redelivery.ts';
import type { Task } from '../../../app/kit/task.ts';
import { WorkQueue } from '../../../lib/constructs/work-queue.ts';
import { emptyStack } from '../../lib/stack.ts';
import { measured } from '../../support/measured.ts';
import { simulateSqs } from '../../support/simulated-sqs.ts';
import { silentTask } from '../../support/task.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What the infrastructure sets for every queue. */
const settings = (() => {
  const stack = emptyStack();
  const { queue } = new WorkQueue(stack, 'Queue', { queueName: 'mailer' });
  const { Ref: id } = stack.resolve(queue.queueUrl) as { Ref: string };
  const { RedrivePolicy, VisibilityTimeout, MessageRetentionPeriod } =
    Template.fromStack(stack).findResources('AWS::SQS::Queue')[id]!['Properties'];
  return {
    maxReceiveCount: RedrivePolicy.maxReceiveCount as number,
    visibilityTimeout: VisibilityTimeout as number,
    retention: MessageRetentionPeriod as number,
  };
})();

const tasks: Task<unknown>[] = [];
beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.UTC(2026, 0, 1) }));
afterEach(async () => {
  const stopping = tasks.splice(0).map((task) => task.stop());
  await pass(30 * second);
  await Promise.all(stopping);
  mock.timers.reset();
});

/** Lets simulated time pass, with everything that happens in it. */
async function pass(ms: number, step = second): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    mock.timers.tick(step);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  }
}

const eventOf = (id: string, n: unknown = 1) =>
  JSON.stringify({ id, type: 'thing.done', at: '2026-01-01T00:00:00Z', payload: { n } });
const ThingDone = { type: 'thing.done', payload: Type.Object({ n: Type.Integer() }) };

/** Two tasks that receive from one queue. */
function consume(handle: (event: Event) => Promise<void>) {
  const queue = simulateSqs(settings);
  for (let n = 0; n < 2; n += 1) {
    const task = silentTask(queue.config);
    startConsumer(task, { sqs: queue.sqs, parse: parseEvent, handle });
    tasks.push(task);
  }
  return queue;
}

const unavailable = { name: 'ServiceUnavailable', message: 'Service unavailable' } as const;
const outages = [
  ['the database', new DependencyError('The database')],
  ['SES', new SESServiceException({ ...unavailable, $fault: 'server', $metadata: { httpStatusCode: 503 } })],
  ['Redis', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
] as const;

test.each(outages)(
  'after 30 minutes without %s, all that was accepted is done once, none is dead',
  async (_, error) => {
    let down = true;
    const done: string[] = [];
    const queue = consume(async ({ id }) => {
      if (down) throw error;
      done.push(id);
    });
    const accepted: string[] = [];
    for (; accepted.length < 360; await pass(5 * second)) {
      const id = `event-${accepted.length}`;
      accepted.push(id);
      queue.put(eventOf(id));
    }
    // Receiving is paused: after the first batches, one probe per task in 30 s.
    expect(queue.receives()).toBeLessThan(2 * (10 + 60));
    down = false;
    await pass(2 * minute);
    // All but some probes, which have failed often: the last delay is at most twice the time since the first failure.
    expect(done.length).toBeGreaterThan(accepted.length - 40);
    await pass(hour);
    expect(done.toSorted()).toEqual(accepted.toSorted());
    expect([queue.left(), queue.dead]).toEqual([0, []]);
  },
);

test('a message survives 13 days of outage with the shortest delays, within its receives and the 12 hours of SQS', async () => {
  const random = mock.method(Math, 'random', () => 0);
  let down = true;
  const done: string[] = [];
  const queue = consume(async ({ id }) => {
    if (down) throw new DependencyError('The database');
    done.push(id);
  });
  queue.put(eventOf('a'));
  await pass(13 * day, 30 * second);
  expect(queue.mostReceives()).toBeLessThan(settings.maxReceiveCount - 30);
  down = false;
  await pass(13 * hour, 30 * second);
  random.mock.restore();
  expect([done, queue.left(), queue.dead]).toEqual([['a'], 0, []]);
});

test('delays double from 1 second to the longest that SQS permits, and at random are as short as a half', () => {
  const longest = longestDelay(45);
  const delays = (random: number) => {
    const mocked = mock.method(Math, 'random', () => random);
    const list = [1, 2, 3, 15, 16, 17, 100].map((receives) => retryDelay(receives, longest));
    mocked.mock.restore();
    return list;
  };
  expect(delays(1)).toEqual([1, 2, 4, 16_384, 32_768, 43_095, 43_095]);
  expect(delays(0)).toEqual([1, 1, 2, 8_192, 16_384, 21_548, 21_548]);
});

test.each([
  ['a message that does not parse', 'hello', 'The message does not parse'],
  [
    'a payload that breaks its contract',
    eventOf('poison', 'one'),
    'breaks the contract of thing.done: /n must be integer',
  ],
])('%s is dead within 10 minutes, with the reason, but not before a deployment could help', async (_, body, reason) => {
  const queue = consume(async (event) => void payloadOf(event, ThingDone));
  const sentAt = Date.now();
  queue.put(body);
  await pass(10 * minute);
  expect(queue.dead).toEqual([{ body, at: expect.any(Number), failure: expect.stringContaining(reason) }]);
  expect(queue.dead[0]!.at - sentAt).toBeGreaterThan(3 * minute);
  expect(queue.left()).toBe(0);
});

test('ten messages that always fail are dead within 3 hours, and never keep others waiting', async () => {
  let handledAt = 0;
  const queue = consume(async ({ id }) => {
    if (id === 'poison') throw new TypeError('Cannot read properties of undefined');
    handledAt = Date.now();
  });
  for (let n = 0; n < 10; n += 1) queue.put(eventOf('poison'));
  for (let n = 0; n < 180; n += 1) {
    const sentAt = Date.now();
    queue.put(eventOf('healthy'));
    await pass(minute);
    expect(handledAt - sentAt).toBeLessThan(10 * second);
    expect(handledAt).toBeGreaterThanOrEqual(sentAt);
  }
  expect(queue.dead.map(({ failure }) => failure)).toEqual(
    Array.from({ length: 10 }, () => 'TypeError: Cannot read properties of undefined'),
  );
  expect(queue.left()).toBe(0);
});

test('a message whose handler hangs is dead within 3 hours', async () => {
  const queue = consume(() => new Promise(() => {}));
  queue.put(eventOf('endless'));
  await pass(3 * hour);
  expect(queue.dead).toEqual([
    expect.objectContaining({ failure: expect.stringContaining('timed out after 45000ms') }),
  ]);
});

test('a dead message stays in the queue while the dead-letter queue is not available', async () => {
  let down = true;
  const { sqs, ...queue } = simulateSqs(settings);
  const send: typeof sqs.send = async (command: unknown, options: unknown) => {
    if (down && command instanceof SendMessageCommand) throw new Error('connect ECONNREFUSED');
    return sqs.send(command as SendMessageCommand, options as object);
  };
  const task = silentTask(queue.config);
  tasks.push(task);
  startConsumer(task, { sqs: { send } as SQSClient, parse: parseEvent, handle: async () => {} });
  queue.put('hello');
  await pass(10 * minute);
  expect([queue.left(), queue.dead.length]).toEqual([1, 0]);
  down = false;
  await pass(20 * minute);
  expect([queue.left(), queue.dead.length]).toEqual([0, 1]);
});

test('messages are measured by type, and those that fail are counted', async () => {
  const queue = simulateSqs(settings);
  const task = silentTask(queue.config);
  tasks.push(task);
  const open = Promise.withResolvers<void>();
  startConsumer(task, {
    sqs: queue.sqs,
    parse: parseEvent,
    async handle({ id }) {
      if (id === 'poison') throw new TypeError('no');
      await open.promise;
    },
  });
  queue.put(eventOf('a'), 'thing.done');
  queue.put(eventOf('b'), 'thing.done');
  queue.put(eventOf('poison'), 'thing.failed');
  await pass(second, 100);
  const during = await measured(task.metrics);
  expect(during['MessagesInFlight']).toEqual({ '': 3 });
  expect(during['MessagesFailed']).toEqual({ 'thing.failed': 1 });
  open.resolve();
  await pass(second, 100);
  expect((await measured(task.metrics))['MessageDuration']).toMatchObject({ 'thing.done': 2 });
});
