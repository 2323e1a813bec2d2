import type { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { connectDatabase, type Database } from '../../../app/kit/database.ts';
import type { Event } from '../../../app/kit/events.ts';
import { appendEvent, startRelay, type Relay } from '../../../app/kit/outbox.ts';
import type { Task } from '../../../app/kit/task.ts';
import { continueTrace, runInTrace } from '../../../app/kit/trace-context.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { measured } from '../../support/measured.ts';
import { silentTask } from '../../support/task.ts';

const userId = '00000000-0000-7000-8000-000000000001';
const ThingDone = { type: 'thing.done', payload: Type.Object({ userId: Type.String(), n: Type.Integer() }) };
const config = { EVENTS_TOPIC_ARN: 'arn:aws:sns:eu-central-1:0:events' };
let served: TestDatabase<'payments'>;
let connections: Task<unknown>;
let database: Database<unknown>;
const relays: Task<unknown>[] = [];

beforeAll(async () => {
  served = await createDatabase('payments');
  const task = silentTask(served.config.payments);
  connections = task;
  database = connectDatabase(task);
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(async () => {
  await connections.stop();
  await served.drop();
});

/** A topic that keeps what it receives. It refuses events for which `refuses` returns true. */
function fakeTopic(refuses: (event: Event) => boolean = () => false) {
  const published: Event[] = [];
  const attributes: Record<string, string | undefined>[] = [];
  const send = async ({ input }: PublishBatchCommand) => {
    const Successful: { Id: string }[] = [];
    const Failed: { Id: string; Code: string }[] = [];
    for (const { Id = '', Message = '', MessageAttributes } of input.PublishBatchRequestEntries ?? []) {
      const event = JSON.parse(Message) as Event;
      if (refuses(event)) {
        Failed.push({ Id, Code: 'InternalError' });
      } else {
        published.push(event);
        const entries = Object.entries(MessageAttributes ?? {});
        attributes.push(Object.fromEntries(entries.map(([name, { StringValue }]) => [name, StringValue])));
        Successful.push({ Id });
      }
    }
    return { Successful, Failed };
  };
  return { published, attributes, sns: { send } as unknown as SNSClient };
}

function relayTo(sns: SNSClient, pollMs?: number): Relay {
  const task = silentTask(config);
  relays.push(task);
  return startRelay(task, { database, sns, pollMs });
}

const append = (n: number) => database.transaction((tx) => appendEvent(tx, ThingDone, { userId, n }));
const waiting = async () => (await adminQuery(served, 'SELECT id FROM payments.outbox')).length;

test('an event is published with its type, and deleted from the outbox', async () => {
  const topic = fakeTopic();
  relayTo(topic.sns, 50);
  await append(1);
  await eventually(async () => expect(await waiting()).toBe(0));
  expect(topic.published).toEqual([
    {
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/),
      type: 'thing.done',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      payload: { userId, n: 1 },
    },
  ]);
  expect(topic.attributes).toEqual([{ type: 'thing.done' }]);
});

test('an event is published with the trace in which it was appended', async () => {
  const topic = fakeTopic();
  relayTo(topic.sns, 20);
  const trace = continueTrace({ 'x-request-id': 'r-1' });
  await runInTrace(trace, () => append(1));
  await eventually(async () =>
    expect(topic.attributes).toEqual([
      { type: 'thing.done', 'x-request-id': 'r-1', traceparent: `00-${trace.traceId}-${trace.spanId}-01` },
    ]),
  );
});

test('the age of the oldest event that waits is that since it was stored, without parked ones', async () => {
  relayTo(fakeTopic().sns, 1e6);
  const [{ metrics }] = relays as [Task<unknown>];
  const age = async () => (await measured(metrics))['OutboxAge']?.[''] as number;
  const insert = (columns: string, values: string) =>
    adminQuery(
      served,
      `INSERT INTO payments.outbox (user_id, id, type, payload, ${columns})
       VALUES ('${userId}', gen_random_uuid(), 'thing.done', '{"n":1}', ${values})`,
    );
  expect(await age()).toBe(0);
  await insert('at, not_before, parked_at', "now() - interval '1 day', now() - interval '1 day', now()");
  expect(await age()).toBe(0);
  // Published again: it happened long ago.
  await insert('at', "now() - interval '1 day'");
  expect(await age()).toBeLessThan(3_600);
  await adminQuery(served, 'DELETE FROM payments.outbox');
  // Refused, and tried again later.
  await insert('at, not_before, failed_at', "now() - interval '2 hours', now() + interval '1 hour', now()");
  expect(await age()).toBeGreaterThan(7_199);
  await adminQuery(served, 'DELETE FROM payments.outbox');
});

test('an event that is published again has its first id and time', async () => {
  const topic = fakeTopic();
  relayTo(topic.sns, 20);
  const id = '7f3b5c8e-0000-4000-8000-000000000001';
  const at = new Date('2026-01-02T03:04:05.000Z');
  await database.transaction((tx) => appendEvent(tx, ThingDone, { userId, n: 1 }, { id, at }));
  await eventually(async () =>
    expect(topic.published).toEqual([{ id, type: 'thing.done', at: at.toISOString(), payload: { userId, n: 1 } }]),
  );
});

test('a payload that breaks the contract of its event is refused', async () => {
  const breaking = database.transaction((tx) => appendEvent(tx, ThingDone, { userId, n: 1.5 }));
  await expect(breaking).rejects.toThrow('The payload does not match the contract of thing.done: /n must be integer');
  expect(await waiting()).toBe(0);
});

test('an event of a transaction that fails is never published', async () => {
  const topic = fakeTopic();
  const failing = database.transaction(async (tx) => {
    await appendEvent(tx, ThingDone, { userId, n: 0 });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  relayTo(topic.sns, 20);
  await append(2);
  await eventually(async () => expect(await waiting()).toBe(0));
  expect(topic.published.map(({ payload }) => payload)).toEqual([{ userId, n: 2 }]);
});

test('a nudge makes the relay look at once', async () => {
  const topic = fakeTopic();
  const relay = relayTo(topic.sns, 60_000);
  await eventually(async () => expect(await waiting()).toBe(0));
  await append(3);
  relay.nudge();
  await eventually(async () => expect(topic.published).toHaveLength(1), 2_000, 10);
});

test('several relays share the work, each event is published once', async () => {
  const topic = fakeTopic();
  await Promise.all(Array.from({ length: 60 }, (_, n) => append(n)));
  for (let i = 0; i < 3; i += 1) relayTo(topic.sns, 20);
  await eventually(async () => expect(await waiting()).toBe(0));
  expect(topic.published).toHaveLength(60);
  expect(new Set(topic.published.map(({ id }) => id)).size).toBe(60);
});

test('an event that the topic refuses waits and is published later', async () => {
  let down = true;
  const topic = fakeTopic(({ payload }) => down && (payload as { n: number }).n === 1);
  relayTo(topic.sns, 20);
  await append(1);
  await append(2);
  await eventually(async () => expect(topic.published).toHaveLength(1));
  expect(await waiting()).toBe(1);
  down = false;
  await eventually(async () => expect(await waiting()).toBe(0));
  expect(topic.published.map(({ payload }) => payload)).toEqual([
    { userId, n: 2 },
    { userId, n: 1 },
  ]);
});

test('events wait while the topic is not available', async () => {
  let down = true;
  const topic = fakeTopic(() => {
    if (down) throw new Error('connect ECONNREFUSED');
    return false;
  });
  relayTo(topic.sns, 20);
  await append(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await waiting()).toBe(1);
  down = false;
  await eventually(async () => expect(await waiting()).toBe(0));
});

test('events that one task appends are published in their order, also those of one millisecond', async () => {
  const topic = fakeTopic();
  const numbers = Array.from({ length: 200 }, (_, n) => n);
  await database.transaction(async (tx) => {
    for (const n of numbers) await appendEvent(tx, ThingDone, { userId, n });
  });
  relayTo(topic.sns, 20);
  await eventually(async () => expect(await waiting()).toBe(0));
  expect(topic.published.map(({ payload }) => (payload as { n: number }).n)).toEqual(numbers);
});
