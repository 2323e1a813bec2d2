import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectDatabase, type Database } from '../../../app/kit/database.ts';
import type { Event } from '../../../app/kit/events.ts';
import { appendEvent, startRelay, type Relay } from '../../../app/kit/outbox.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

const table = readFileSync(join(import.meta.dirname, '../../../app/kit/outbox.sql'), 'utf8');
const log = pino({ level: 'silent' });
let served: TestDatabase<'auth'>;
let database: Database<unknown>;
const relays: Relay[] = [];

beforeAll(async () => {
  served = await createDatabase('auth');
  await adminQuery(served, `SET search_path = auth; ${table}`);
  database = connectDatabase(served.config.auth, log);
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(async () => {
  await database.close();
  await served.drop();
});

/** A topic that remembers what it was given. It refuses an event while `refuses` answers true. */
function fakeTopic(refuses: (event: Event) => boolean = () => false) {
  const published: Event[] = [];
  const types: (string | undefined)[] = [];
  const send = async ({ input }: PublishBatchCommand) => {
    const Successful: { Id: string }[] = [];
    const Failed: { Id: string; Code: string }[] = [];
    for (const { Id = '', Message = '', MessageAttributes } of input.PublishBatchRequestEntries ?? []) {
      const event = JSON.parse(Message) as Event;
      if (refuses(event)) {
        Failed.push({ Id, Code: 'InternalError' });
      } else {
        published.push(event);
        types.push(MessageAttributes?.['type']?.StringValue);
        Successful.push({ Id });
      }
    }
    return { Successful, Failed };
  };
  return { published, types, sns: { send } as unknown as SNSClient };
}

function relayTo(sns: SNSClient, pollMs?: number): Relay {
  const relay = startRelay({ database, topicArn: 'arn:aws:sns:eu-central-1:0:events', sns, log, pollMs });
  relays.push(relay);
  return relay;
}

const append = (n: number) => database.transaction((tx) => appendEvent(tx, 'thing.done', { n }));
const waiting = async () => (await adminQuery(served, 'SELECT id FROM auth.outbox')).length;

test('an event is published with its type, and is gone from the outbox', async () => {
  const topic = fakeTopic();
  relayTo(topic.sns, 50);
  const id = await append(1);
  await eventually(async () => expect(await waiting()).toBe(0));
  expect(topic.published).toEqual([
    { id, type: 'thing.done', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), payload: { n: 1 } },
  ]);
  expect(topic.types).toEqual(['thing.done']);
});

test('an event of a transaction that fails is never published', async () => {
  const topic = fakeTopic();
  const failing = database.transaction(async (tx) => {
    await appendEvent(tx, 'thing.done', {});
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  relayTo(topic.sns, 20);
  await append(2);
  await eventually(async () => expect(await waiting()).toBe(0));
  expect(topic.published.map(({ payload }) => payload)).toEqual([{ n: 2 }]);
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

test('what the topic refuses waits and is published later', async () => {
  let down = true;
  const topic = fakeTopic(({ payload }) => down && (payload as { n: number }).n === 1);
  relayTo(topic.sns, 20);
  await append(1);
  await append(2);
  await eventually(async () => expect(topic.published).toHaveLength(1));
  expect(await waiting()).toBe(1);
  down = false;
  await eventually(async () => expect(await waiting()).toBe(0));
  expect(topic.published.map(({ payload }) => payload)).toEqual([{ n: 2 }, { n: 1 }]);
});

test('while the topic does not answer, events wait', async () => {
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
