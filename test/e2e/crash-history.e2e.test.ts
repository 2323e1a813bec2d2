import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readInbox } from '../../local/cli/inbox.ts';
import { eventually } from '../support/eventually.ts';
import { createShopper } from '../support/shopper.ts';
import { startSystem, type System } from '../support/system.ts';
import { buy, type Ledger } from './buyer.ts';
import { allFaults, anyOf, taskFaults, type Fault } from './faults.ts';

/** How long people shop in each history, in seconds. Set HISTORY_SECONDS for longer ones. */
const seconds = Number(process.env['HISTORY_SECONDS'] ?? 20);
const buyers = 5;

jest.setTimeout(seconds * 1_000 + 400_000);

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.dispose());

/** Of both histories: the counts are those of the whole system. */
const ledger: Ledger = { orders: [], surprises: [] };
let mailerKills = 0;

test.each<[string, readonly Fault[]]>([
  ['tasks are killed', taskFaults],
  ['tasks, databases and Redis are killed and messages are lost', allFaults],
])('while %s and each request has twins, orders, charges, payments and mails agree in the end', async (_, faults) => {
  const before = ledger.orders.length;
  const stop = new AbortController();
  const buying = Array.from({ length: buyers }, () => buy(system.edge, ledger, stop.signal));
  const happened = await happen(faults);
  stop.abort();
  await Promise.all(buying);
  console.log(`${ledger.orders.length - before} orders, ${happened.length} faults`);

  await healthy();
  await repaired();
  expect(ledger.surprises).toEqual([]);
  expect(ledger.orders.length).toBeGreaterThan(before);
  expect(await counts()).toEqual(expectedCounts());
  await mailsAgree();
});

/** Makes faults happen, one every second or two, and returns those that did. */
async function happen(faults: readonly Fault[]): Promise<Fault[]> {
  const happened: Fault[] = [];
  const end = Date.now() + seconds * 1_000;
  // Each at least once, in any order, then any.
  const first = faults.toSorted(() => Math.random() - 0.5);
  while (Date.now() < end) {
    const fault = first.pop() ?? anyOf(faults);
    if (fault === undefined) break;
    await fault.happen(system);
    happened.push(fault);
    if (fault.name.endsWith('mailer')) mailerKills += 1;
    await sleep(1_000 + 1_000 * Math.random());
  }
  return happened;
}

async function healthy(): Promise<void> {
  await eventually(async () => {
    const { services } = await system.status();
    for (const { name, desired, healthy: count } of services) expect([name, count]).toEqual([name, desired]);
  }, 60_000);
}

/** Resolves when nothing waits: no event, no message, no payment. Payments that wait for their time are due at once. */
async function repaired(): Promise<void> {
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
           (SELECT count(*)::int FROM payments.outbox) + (SELECT count(*)::int FROM orders.outbox) AS events`,
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

async function counts() {
  const [row] = await system.query(
    'primary',
    `SELECT (SELECT count(*)::int FROM orders.orders) AS orders,
       (SELECT count(*)::int FROM orders.orders WHERE status = 'paid') AS paid,
       (SELECT count(*)::int FROM payments.payments WHERE status = 'succeeded') AS payments,
       (SELECT count(*)::int FROM sandbox.charges WHERE status = 'succeeded') AS charges,
       (SELECT coalesce(sum(total_cents), 0)::int FROM orders.orders WHERE status = 'paid') AS "paidCents",
       (SELECT coalesce(sum(amount_cents), 0)::int FROM payments.payments WHERE status = 'succeeded') AS "paymentCents",
       (SELECT coalesce(sum(amount_cents), 0)::int FROM sandbox.charges WHERE status = 'succeeded') AS "chargedCents"`,
  );
  return row;
}

function expectedCounts() {
  const paid = ledger.orders.filter(({ outcome }) => outcome === 'paid');
  const cents = paid.reduce((sum, { totalCents }) => sum + totalCents, 0);
  return {
    orders: ledger.orders.length,
    paid: paid.length,
    payments: paid.length,
    charges: paid.length,
    paidCents: cents,
    paymentCents: cents,
    chargedCents: cents,
  };
}

/** Each paid order has its mail. A mailer that is killed in the window of decision 6 sends the five at hand again, at most. */
async function mailsAgree(): Promise<void> {
  const messages = await readInbox(system.endpoint);
  const mailed = ledger.orders.map(({ id, outcome }) => ({
    outcome,
    mails: messages.filter(({ text }) => text.includes(id)).length,
  }));
  expect(mailed.filter(({ outcome, mails }) => (outcome === 'paid') !== mails > 0)).toEqual([]);
  const repeated = mailed.filter(({ mails }) => mails > 1);
  if (repeated.length > 0) console.log(`${repeated.length} mails were sent again, ${mailerKills} mailers were killed`);
  expect(repeated.length).toBeLessThanOrEqual(5 * mailerKills);
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
