import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.ts';
import { createShopper } from '../support/shopper.ts';
import { startSystem, type System } from '../support/system.ts';
import { buy, type Ledger } from './buyer.ts';
import { counts, expectedCounts, inboxOf } from './counts.ts';
import { anyOf, outages, poison, taskFaults, type Fault } from './faults.ts';

/** How long people shop in each history at least, in seconds. Set HISTORY_SECONDS for longer ones. */
const seconds = Number(process.env['HISTORY_SECONDS'] ?? 20);
const buyers = 5;

jest.setTimeout(seconds * 1_000 + 900_000);

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.dispose());

/** Of both histories, as the counts are those of the whole system. */
const ledger: Ledger = { buyers: [], orders: [], surprises: [] };
const happened: Fault[] = [];

test.each<[string, readonly Fault[]]>([
  ['tasks are killed', []],
  ['tasks are killed, servers are killed, silent, late or promoted, events are poison and messages are lost', outages],
])('while %s and each request has twins, orders, charges, payments and mails agree in the end', async (_, lasting) => {
  const before = { orders: ledger.orders.length, faults: happened.length };
  const stop = new AbortController();
  const buying = Array.from({ length: buyers }, () => buy(system.edge, ledger, stop.signal));
  const end = Date.now() + seconds * 1_000;
  try {
    await Promise.all([
      repeat(taskFaults, end, () => sleep(1_000 + 1_000 * Math.random())),
      repeat(lasting, end, recovered),
    ]);
  } finally {
    stop.abort();
    await Promise.all(buying);
  }
  console.log(`${ledger.orders.length - before.orders} orders, ${summary(happened.slice(before.faults))}`);

  await healthy();
  await drained();
  await poisonParked();
  expect(ledger.surprises).toEqual([]);
  expect(ledger.orders.length).toBeGreaterThan(before.orders);
  const counted = await counts(system);
  console.log(counted);
  expect(counted).toEqual(expectedCounts(ledger));

  // When a mailer or the database fails in the window of decision 6, the five mails at hand are sent again, at most.
  const { missing, repeated } = await inboxOf(system, ledger);
  const windows = countOf('kill -9 of a task of mailer', 'kill -9 of the primary', 'silent primary');
  console.log(`${repeated} mails were sent again, ${windows} times their mailer or the primary failed`);
  expect(missing).toEqual([]);
  expect(repeated).toBeLessThanOrEqual(5 * windows);
});

/** Makes each fault happen, in any order, and then any of them until `end`, in ms since the epoch. */
async function repeat(faults: readonly Fault[], end: number, pause: () => Promise<void>): Promise<void> {
  const first = faults.toSorted(() => Math.random() - 0.5);
  while (first.length > 0 || Date.now() < end) {
    const fault = first.pop() ?? anyOf(faults);
    if (fault === undefined) return;
    await fault.happen(system);
    happened.push(fault);
    await pause();
  }
}

const countOf = (...names: string[]): number => happened.filter(({ name }) => names.includes(name)).length;

function summary(faults: readonly Fault[]): string {
  const kinds = Object.entries(Object.groupBy(faults, ({ name }) => name));
  return `${faults.length} faults: ${kinds.map(([name, list = []]) => `${list.length} x ${name}`).join(', ')}`;
}

/** Resolves when both databases and Redis work: one of them recovers before the next fails, however long it takes. */
async function recovered(): Promise<void> {
  await eventually(async () => {
    const { databases, redis } = await system.status();
    await system.query('primary', 'SELECT 1');
    expect(databases.find(({ role }) => role === 'replica')?.lagMs).not.toBeNull();
    const client = new Redis(redis.url, { tls: { ca: readFileSync(redis.caFile ?? '') }, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      expect(await client.ping()).toBe('PONG');
    } finally {
      client.disconnect();
    }
  }, 180_000);
}

async function healthy(): Promise<void> {
  await eventually(async () => {
    const { services } = await system.status();
    for (const { name, desired, healthy: count } of services) expect([name, count]).toEqual([name, desired]);
  }, 60_000);
}

/**
 * Resolves when nothing waits but poison: no event, no message, no payment. Payments that wait for their time are due at
 * once.
 */
async function drained(): Promise<void> {
  await eventually(
    async () => {
      await system.query(
        'primary',
        `UPDATE payments.payments SET settle_after = now() - interval '1 s' WHERE status = 'pending'`,
      );
      await system.query('primary', `UPDATE payments.unconfirmed SET publish_after = now() - interval '1 s'`);
      const [waiting] = await system.query(
        'primary',
        `SELECT (SELECT count(*)::int FROM payments.payments WHERE status = 'pending') AS payments,
           (SELECT count(*)::int FROM payments.unconfirmed) AS unconfirmed,
           (SELECT count(*)::int FROM payments.outbox WHERE NOT payload ? 'poison')
             + (SELECT count(*)::int FROM orders.outbox) + (SELECT count(*)::int FROM auth.outbox) AS events`,
      );
      const { queues } = await system.status();
      const messages = queues.flatMap(({ name, waiting: count, inFlight, dead }) =>
        count + inFlight + dead === 0 ? [] : [{ name, count, inFlight, dead }],
      );
      expect({ ...waiting, messages }).toEqual({ payments: 0, unconfirmed: 0, events: 0, messages: [] });
    },
    240_000,
    5_000,
  );
}

/** Resolves when each poison event is parked. The delays between its attempts end at once. */
async function poisonParked(): Promise<void> {
  await eventually(async () => {
    await system.query('primary', `UPDATE payments.outbox SET not_before = now() WHERE parked_at IS NULL`);
    const parked = await system.query(
      'primary',
      `SELECT attempts, count(*)::int AS events FROM payments.outbox
       WHERE parked_at IS NOT NULL AND error LIKE 'InvalidParameter%' GROUP BY attempts`,
    );
    const poisoned = countOf(poison.name);
    expect(parked).toEqual(poisoned === 0 ? [] : [{ attempts: 10, events: 10 * poisoned }]);
  }, 120_000);
}

test('from the internet, the sandbox provider refuses to charge, show or void without its key', async () => {
  const { send } = createShopper(system.edge);
  const [paid] = await system.query('primary', `SELECT key FROM sandbox.charges WHERE status = 'succeeded' LIMIT 1`);
  const json = { amountCents: 1, cardToken: 'tok_ok' };
  const headers = { 'idempotency-key': 'of-mine' };
  const forged = { ...headers, authorization: 'Bearer of-mine' };
  for (const response of [
    await send('POST', '/sandbox/charges', { json, headers }),
    await send('POST', '/sandbox/charges', { json, headers: forged }),
    await send('GET', `/sandbox/charges/${paid.key}`),
    await send('POST', `/sandbox/charges/${paid.key}/void`),
  ]) {
    expect(response).toMatchObject({ status: 401, body: { status: 401 } });
  }
  expect(await system.query('primary', `SELECT key FROM sandbox.charges WHERE key = 'of-mine'`)).toEqual([]);
});
