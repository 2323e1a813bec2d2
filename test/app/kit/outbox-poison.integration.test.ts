import type { PublishBatchCommand } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { connectDatabase, type Database } from '../../../app/kit/database.ts';
import { createLogger } from '../../../app/kit/log.ts';
import { appendEvent, startRelay } from '../../../app/kit/outbox.ts';
import { createTask, type Task } from '../../../app/kit/task.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { measured } from '../../support/measured.ts';
import { silentTask } from '../../support/task.ts';

const userId = '00000000-0000-7000-8000-000000000001';
const ThingDone = { type: 'thing.done', payload: Type.Object({ userId: Type.String(), n: Type.Integer() }) };
let served: TestDatabase<'payments'>;
let connections: Task<unknown>;
let database: Database<unknown>;
let relay: Task<unknown> | undefined;

beforeAll(async () => {
  served = await createDatabase('payments');
  const task = silentTask(served.config.payments);
  connections = task;
  database = connectDatabase(task);
});
afterEach(async () => {
  await relay?.stop();
  await adminQuery(served, 'TRUNCATE payments.outbox');
});
afterAll(async () => {
  await connections.stop();
  await served.drop();
});

type Entry = NonNullable<PublishBatchCommand['input']['PublishBatchRequestEntries']>[number];
const numberOf = ({ Message = '' }: Entry) => (JSON.parse(Message) as { payload: { n: number } }).payload.n;

/** A relay to a topic that responds with `respond`; without a response it takes all entries. Negative numbers are poison. */
function relayTo(respond: (entries: Entry[]) => { Failed?: object[] } | undefined) {
  const published: number[] = [];
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const task = createTask(
    { EVENTS_TOPIC_ARN: 'arn' },
    createLogger({ SERVICE_NAME: 'payments', LOG_LEVEL: 'info' }, { write }),
  );
  const send = async ({ input: { PublishBatchRequestEntries: entries = [] } }: PublishBatchCommand) => {
    const { Failed = [] } = respond(entries) ?? {};
    const failed = new Set(Failed.map((each) => (each as { Id: string }).Id));
    const taken = entries.filter(({ Id }) => !failed.has(Id ?? ''));
    published.push(...taken.map(numberOf));
    return { Successful: taken.map(({ Id }) => ({ Id })), Failed };
  };
  startRelay(task, { database, sns: { send }, pollMs: 20 });
  relay = task;
  return { published, lines };
}

const append = async (...numbers: number[]) => {
  for (const n of numbers) await database.transaction((tx) => appendEvent(tx, ThingDone, { userId, n }));
};
const rows = async () =>
  adminQuery(served, `SELECT attempts, error, parked_at IS NOT NULL AS parked FROM payments.outbox ORDER BY id`);
/** Ends the waiting of all events: the clock moves on. */
const later = () => adminQuery(served, 'UPDATE payments.outbox SET not_before = now()');
const poison = [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10];
const tooLong = (entries: Entry[]) => ({
  Failed: entries
    .filter((entry) => numberOf(entry) < 0)
    .map(({ Id }) => ({ Id, Code: 'InvalidParameter', Message: 'Message too long', SenderFault: true })),
});

test('ten poison events at the head of the outbox do not stop the others', async () => {
  await append(...poison, 1, 2, 3);
  const { published } = relayTo(tooLong);
  await eventually(async () => expect(published).toEqual([1, 2, 3]));
  expect(await rows()).toHaveLength(10);
});

test('a poison event is parked after ten attempts, with its error and a metric', async () => {
  await append(-1);
  const { lines } = relayTo(tooLong);
  for (let attempts = 1; attempts <= 10; attempts += 1) {
    await eventually(async () => expect(await rows()).toMatchObject([{ attempts, parked: attempts === 10 }]));
    await later();
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await rows()).toEqual([{ attempts: 10, error: 'InvalidParameter: Message too long', parked: true }]);
  const parked = lines.filter(({ msg }) => msg === 'an event is parked, it is not published');
  expect(parked).toMatchObject([{ type: 'thing.done', error: 'InvalidParameter: Message too long' }]);
  expect(await measured(relay!.metrics)).toMatchObject({ EventsParked: { '': 1 } });
});

test('an event that is refused waits longer each time', async () => {
  await append(-1);
  relayTo(tooLong);
  const waits: number[] = [];
  for (let attempts = 1; attempts <= 4; attempts += 1) {
    await eventually(async () => expect(await rows()).toMatchObject([{ attempts }]));
    const [row] = await adminQuery(
      served,
      'SELECT extract(epoch FROM not_before - failed_at)::float AS wait FROM payments.outbox',
    );
    waits.push(Math.round(row!['wait'] as number));
    await later();
  }
  expect(waits).toEqual([2, 4, 8, 16]);
});

test('an event that has been parked is published when an operator requeues it', async () => {
  await append(1);
  await adminQuery(served, `UPDATE payments.outbox SET attempts = 10, error = 'no', parked_at = now()`);
  const { published } = relayTo(() => undefined);
  await append(2);
  await eventually(async () => expect(published).toEqual([2]));
  await adminQuery(served, 'UPDATE payments.outbox SET attempts = 0, parked_at = NULL WHERE parked_at IS NOT NULL');
  await eventually(async () => expect(published).toEqual([2, 1]));
});

const refuseAll = (Code: string, SenderFault: boolean) => (entries: Entry[]) => ({
  Failed: entries.map(({ Id }) => ({ Id, Code, Message: 'no', SenderFault })),
});
const throwing = (name: string, httpStatusCode?: number) => () => {
  throw Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } });
};

test.each([
  ['fails for each event', refuseAll('InternalError', false)],
  ['may not use the key of the topic', refuseAll('KMSAccessDenied', true)],
  ['responds with 500', throwing('InternalErrorException', 500)],
  ['refuses the credentials', throwing('AuthorizationErrorException', 403)],
  ['cannot be reached', throwing('TimeoutError')],
])('nothing is parked, however long SNS as a whole %s', async (_what, respond) => {
  let down = true;
  let calls = 0;
  await append(...poison.map((n) => -n), 11, 12);
  const { published } = relayTo((entries) => {
    calls += 1;
    return down ? respond(entries) : undefined;
  });
  for (let round = 0; round < 15; round += 1) {
    const before = calls;
    await later();
    await eventually(async () => expect(calls).toBeGreaterThan(before));
  }
  const waiting = await rows();
  expect(waiting).toHaveLength(12);
  for (const { attempts, parked } of waiting) expect({ attempts, parked }).toEqual({ attempts: 0, parked: false });
  down = false;
  await eventually(async () =>
    expect(published.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  );
});

test('an event that SNS fails for, while it takes others, is parked', async () => {
  await append(-1);
  const { published } = relayTo((entries) => ({
    Failed: entries
      .filter((entry) => numberOf(entry) < 0)
      .map(({ Id }) => ({ Id, Code: 'InternalError', Message: '' })),
  }));
  for (let n = 1; n <= 12; n += 1) {
    await append(n);
    await eventually(async () => expect(published).toContain(n));
    await later();
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await eventually(async () => expect(await rows()).toMatchObject([{ attempts: 10, parked: true }]));
});

test.each([
  ['for its size', throwing('BatchRequestTooLongException', 400)],
  ['by an error of SNS', throwing('InternalErrorException', 500)],
])('events are published one by one when a batch as a whole is refused %s', async (_what, refuse) => {
  await append(1, 2, -3, 4);
  const { published } = relayTo((entries) =>
    entries.length > 1 || entries.some((entry) => numberOf(entry) < 0) ? refuse() : undefined,
  );
  await eventually(async () => expect(published.toSorted((a, b) => a - b)).toEqual([1, 2, 4]));
  expect(await rows()).toMatchObject([{ attempts: 1, parked: false }]);
});
