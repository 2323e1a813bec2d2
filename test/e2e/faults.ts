import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../support/eventually.ts';
import type { System } from '../support/system.ts';

/** Something that goes wrong while people shop. */
export interface Fault {
  readonly name: string;
  /** Resolves when it has happened and nothing is kept from recovering. */
  happen(system: System): Promise<void>;
}

const killTask = (service: string): Fault => ({
  name: `kill -9 of a task of ${service}`,
  async happen(system) {
    const { services } = await system.status();
    const task = anyOf(services.find(({ name }) => name === service)?.tasks ?? []);
    if (task !== undefined) process.kill(task.pid, 'SIGKILL');
  },
});

type Server = 'primary' | 'replica' | 'redis';

const kill = (server: Server): Fault => ({
  name: `kill -9 of the ${server}`,
  happen: async (system) => void (await system.act(await labelOf(system, server), 'kill')),
});

/** How long a server is silent, in ms: longer than services wait for Redis or a query (query_timeout of their pools). */
const silenceMs = 7_000;

/** The server accepts connections and does not respond, and its open connections receive neither FIN nor RST. */
const silence = (server: Server): Fault => ({
  name: `silent ${server}`,
  async happen(system) {
    const label = await labelOf(system, server);
    await system.act(label, 'pause');
    await sleep(silenceMs);
    await system.act(label, 'resume');
  },
});

/** Waits until the replica is so far behind that services must not read it. */
const lag: Fault = {
  name: 'lagging replica',
  async happen(system) {
    await onReplica(system, 'SELECT pg_wal_replay_pause()');
    await eventually(async () => {
      const replica = (await system.status()).databases.find(({ role }) => role === 'replica');
      expect(replica?.lagMs).toBeGreaterThan(10_000);
    }, 60_000);
    await onReplica(system, 'SELECT pg_wal_replay_resume()');
  },
};

/**
 * The replica becomes a primary of its own, which follows nobody, until the runtime starts it again as a new copy. Once the
 * services had time to notice, it gets prices that nobody must pay.
 */
const promote: Fault = {
  name: 'promoted replica',
  async happen(system) {
    expect(await onReplica(system, 'SELECT pg_promote() AS promoted')).toEqual([{ promoted: true }]);
    await sleep(silenceMs);
    await onReplica(system, 'UPDATE catalog.products SET price_cents = price_cents + 1');
    await sleep(silenceMs);
    await system.act(await labelOf(system, 'replica'), 'kill');
  },
};

/** More than the 262,144 bytes that SNS takes: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
const poisonBytes = 300_000;

/** As many as the relay publishes at once. If one is published, its receivers cannot handle it either. */
export const poison: Fault = {
  name: 'ten poison events',
  async happen(system) {
    await system.query(
      'primary',
      // Ids that come before those of all other events.
      `INSERT INTO payments.outbox (user_id, id, type, payload)
       SELECT gen_random_uuid(), overlay(gen_random_uuid()::text PLACING '00000000' FROM 1)::uuid,
         'payment.succeeded', jsonb_build_object('poison', repeat('x', $1)) FROM generate_series(1, 10)`,
      [poisonBytes],
    );
  },
};

/** As when a message ends in the dead-letter queue, and nobody looks there. */
const loseMessages: Fault = {
  name: 'messages of orders are lost',
  async happen(system) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sqs = new SQSClient({ endpoint: system.endpoint, region: 'eu-central-1', credentials });
    try {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'headroom-local-orders' }));
      const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 });
      const { Messages = [] } = await sqs.send(receive);
      for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    } finally {
      sqs.destroy();
    }
  },
};

/** The loss of single tasks, which the system must not show to anybody who repeats a request. */
export const taskFaults: readonly Fault[] = [
  'catalog',
  'auth',
  'orders',
  'payments',
  'images',
  'sandbox',
  'mailer',
].map(killTask);

/** Faults of what the tasks rely on. */
export const outages: readonly Fault[] = [
  kill('primary'),
  kill('replica'),
  kill('redis'),
  silence('primary'),
  silence('replica'),
  silence('redis'),
  lag,
  promote,
  poison,
  loseMessages,
];

async function labelOf(system: System, server: Server): Promise<string> {
  if (server === 'redis') return 'redis-group';
  const { databases } = await system.status();
  return databases.find(({ role }) => role === server)?.name ?? '';
}

/** Runs SQL on the replica as the superuser, whose password is the primary's: the master user may neither pause nor promote. */
async function onReplica(system: System, sql: string): Promise<unknown[]> {
  const { databases } = await system.status();
  const url = new URL(databases.find(({ role }) => role === 'replica')?.url ?? '');
  const folder = join(system.stateDir, 'postgres');
  const file = readdirSync(folder)
    .map((name) => join(folder, name, 'admin-password'))
    .find((path) => existsSync(path));
  url.username = 'rdsadmin';
  url.password = readFileSync(file ?? '', 'utf8');
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

export const anyOf = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)];
