import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startConsumer } from '../../app/kit/consumer.ts';
import { parseEvent } from '../../app/kit/events.ts';
import { startTestEndpoint, type TestEndpoint } from '../support/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { silentTask } from '../support/task.ts';

const script = resolve(import.meta.dirname, '../../ops/redrive.ts');
const poison = 'TypeError: Cannot read properties of undefined';

let endpoint: TestEndpoint;
let sqs: SQSClient;
let name: string;
let url: string;
let deadUrl: string;
let created = 0;

beforeAll(async () => {
  endpoint = await startTestEndpoint();
  sqs = new SQSClient(endpoint.clientConfig);
});
afterAll(async () => {
  sqs.destroy();
  await endpoint.stop();
});
beforeEach(async () => {
  created += 1;
  name = `headroom-local-worker${created}`;
  deadUrl = (await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead` }))).QueueUrl ?? '';
  const deadLetterTargetArn = `arn:aws:sqs:eu-central-1:000000000000:${name}-dead`;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
  const queue = new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy, VisibilityTimeout: '1' } });
  url = (await sqs.send(queue)).QueueUrl ?? '';
});

const string = (StringValue: string) => ({ DataType: 'String', StringValue });

/** Puts messages into the dead-letter queue, as the consumer does. */
async function bury(many: number, failure = poison, type = 'payment.succeeded', more = {}) {
  for (let n = 0; n < many; n += 1) {
    const MessageAttributes = { type: string(type), failure: string(failure), ...more };
    await sqs.send(new SendMessageCommand({ QueueUrl: deadUrl, MessageBody: `m-${n}`, MessageAttributes }));
  }
}

/** Runs the command, and `onStart` once it has printed something. */
async function redrive(args: string[], onOutput?: (signal: (name: NodeJS.Signals) => void) => void) {
  const child = spawn(process.execPath, [script, `worker${created}`, ...args], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = [text(child.stdout), text(child.stderr)];
  child.stdout.once('data', () => onOutput?.((signal) => child.kill(signal)));
  const [code] = (await once(child, 'exit')) as [number];
  return { code, output: await output, errors: await errors };
}

async function take(queueUrl: string): Promise<Message[]> {
  const taken: Message[] = [];
  for (;;) {
    const command = { QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ ...command, VisibilityTimeout: 60 }));
    if (Messages.length === 0) return taken;
    taken.push(...Messages);
  }
}

async function count(QueueUrl: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] });
  return Number((await sqs.send(command)).Attributes?.['ApproximateNumberOfMessages']);
}

test('a dry run shows what there is, by failure, and leaves it there', async () => {
  await bury(12);
  await bury(1, 'PermanentError: Event breaks its contract', 'order.paid');
  const { code, output, errors } = await redrive(['--dry-run']);
  expect([code, errors]).toEqual([0, '']);
  expect(output).toContain(`About 13 dead letters of ${name}:`);
  expect(output).toMatch(new RegExp(`^ +12  payment.succeeded: ${poison}$`, 'm'));
  expect(output).toMatch(
    /^ +1 {2}order.paid: PermanentError: Event breaks its contract\n +oldest 0 min, such as [\da-f-]{36}$/m,
  );
  expect([await count(deadUrl), await count(url)]).toEqual([13, 0]);
});

test('messages go back to the queue as they were, with why they had been dead', async () => {
  await bury(12);
  const { code, output } = await redrive(['--yes', '--rate', '1000']);
  expect([code, output]).toEqual([0, expect.stringContaining(`Moved 12 to ${name}; about 0 are left.`)]);
  const moved = await take(url);
  expect(new Set(moved.map(({ Body }) => Body))).toEqual(new Set(Array.from({ length: 12 }, (_, n) => `m-${n}`)));
  expect(moved).toHaveLength(12);
  const { type, failure, failures } = moved[0]?.MessageAttributes ?? {};
  expect([type?.StringValue, failure]).toEqual(['payment.succeeded', undefined]);
  expect(JSON.parse(failures?.StringValue ?? '')).toEqual([
    { redrivenAt: expect.stringMatching(/^\d{4}-.*Z$/), failure: poison },
  ]);
});

test('a message that fails again keeps its history, the latest five, and the next look says so', async () => {
  await bury(1);
  for (let n = 1; n <= 6; n += 1) {
    await redrive(['--yes']);
    const [message] = await take(url);
    await bury(1, `failure ${n}`, 'payment.succeeded', { failures: message?.MessageAttributes?.['failures'] });
  }
  const { output } = await redrive(['--dry-run']);
  expect(output).toContain('redriven before, up to 5 times');
  const [message] = await take(deadUrl);
  const history = JSON.parse(message?.MessageAttributes?.['failures']?.StringValue ?? '') as { failure: string }[];
  expect(history.map(({ failure }) => failure)).toEqual([1, 2, 3, 4, 5].map((n) => `failure ${n}`));
});

test('only what is asked for is moved, at most so many; the others can be received at once', async () => {
  await bury(5, 'one');
  await bury(5, 'two');
  const { output } = await redrive(['--yes', '--only', 'two', '--max', '3', '--rate', '1000']);
  expect(output).toMatch(/Moved [123] to/);
  const moved = await take(url);
  expect(new Set(moved.map(({ MessageAttributes }) => failureOf(MessageAttributes)))).toEqual(new Set(['two']));
  expect(await take(deadUrl)).toHaveLength(10 - moved.length);
});

const failureOf = (attributes: Message['MessageAttributes']) =>
  (JSON.parse(attributes?.['failures']?.StringValue ?? '[]') as { failure: string }[])[0]?.failure;

test('nothing is moved without a confirmation, from a queue that is unknown, or from one without dead letters', async () => {
  expect(await redrive(['--yes'])).toMatchObject({ code: 0, output: `No dead letters of ${name}.\n` });
  await bury(1);
  expect(await redrive([])).toMatchObject({ code: 1, errors: expect.stringContaining('pass --yes') });
  expect(await redrive(['--yes', '--env', 'prod'])).toMatchObject({
    code: 1,
    errors: `There is no queue headroom-prod-worker${created} in this account and region.\n`,
  });
  expect(await count(deadUrl)).toBe(1);
});

test('a signal stops it after the batch under way: each message is in one of the two queues', async () => {
  await bury(40);
  const { code, output } = await redrive(['--yes', '--rate', '10'], (signal) => signal('SIGTERM'));
  expect(code).toBe(130);
  expect(output).toMatch(/Moved \d+ to/);
  const [left, moved] = [await take(deadUrl), await take(url)];
  expect(left.length).toBeGreaterThan(0);
  expect([...left, ...moved].map(({ Body }) => Number(Body?.slice(2))).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 40 }, (_, n) => n),
  );
});

test('a poison message ends dead without harm to others, and is handled once its bug is mended', async () => {
  const handled: string[] = [];
  let mended = false;
  const task = silentTask({ QUEUE_URL: url, DEAD_LETTERS_URL: deadUrl, QUEUE_VISIBILITY_SECONDS: 1 });
  startConsumer(task, {
    sqs,
    parse: parseEvent,
    handle: async ({ id }) => {
      if (id === 'poison' && !mended) throw new TypeError('Cannot read properties of undefined');
      handled.push(id);
    },
  });
  const put = (id: string) =>
    sqs.send(
      new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify({ id, type: 't', at: '', payload: {} }) }),
    );
  for (const id of ['a', 'poison', 'b', 'c']) await put(id);
  await eventually(async () => expect(await count(deadUrl)).toBe(1), 20_000);
  expect(handled.toSorted()).toEqual(['a', 'b', 'c']);
  mended = true;
  expect(await redrive(['--yes'])).toMatchObject({ code: 0, output: expect.stringContaining('Moved 1') });
  await eventually(async () => expect(handled).toContain('poison'), 10_000);
  await task.stop();
});
