import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { App } from '../../../../app/kit/app.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import type { HttpClient } from '../../../../app/kit/http-client.ts';
import type { Logger } from '../../../../app/kit/log.ts';
import { DependencyError, Problem } from '../../../../app/kit/problem.ts';
import type { Metrics } from '../../../../app/kit/telemetry/metrics.ts';
import { createPaymentProvider } from '../../../../app/services/payments/http-provider.ts';
import { pay } from '../../../../app/services/payments/pay.ts';
import type { Payment, PaymentStore } from '../../../../app/services/payments/payment.ts';
import type { PaymentProvider } from '../../../../app/services/payments/provider.ts';
import { settleAbandoned } from '../../../../app/services/payments/reconciler.ts';
import { createPaymentStore } from '../../../../app/services/payments/store.ts';
import type { PaymentsTables } from '../../../../app/services/payments/tables.ts';
import { createApp as createSandbox } from '../../../../app/services/sandbox/app.ts';
import { createChargeStore, type SandboxTables } from '../../../../app/services/sandbox/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { measured } from '../../../support/measured.ts';
import { silentTask } from '../../../support/task.ts';

const providerKey = 'key-of-the-provider';

let database: TestDatabase<'payments' | 'sandbox'>;
let sandbox: App;
let store: PaymentStore;
let metrics: Metrics;
let log: Logger;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await createDatabase('payments', 'sandbox');
  const [sandboxTask, paymentsTask] = [silentTask(database.config.sandbox), silentTask(database.config.payments)];
  sandbox = createSandbox({ store: createChargeStore(connectDatabase<SandboxTables>(sandboxTask)), providerKey });
  ({ metrics, log } = paymentsTask);
  store = createPaymentStore(connectDatabase<PaymentsTables>(paymentsTask), metrics);
  closing.push(
    () => sandbox.close(),
    () => paymentsTask.stop(),
    () => sandboxTask.stop(),
    () => database.drop(),
  );
});
afterAll(async () => {
  for (const close of closing) await close();
});

type Lost = 'nothing' | 'request' | 'response';

/** The sandbox over a connection that loses a part of the call. */
function providerLosing(lost: Lost): PaymentProvider {
  const timedOut = () => new DependencyError('The payment provider', { timedOut: true });
  const client: HttpClient = {
    async request(method, path, { json, headers = {} } = {}) {
      if (lost === 'request') throw timedOut();
      const { statusCode: status, body } = await sandbox.inject({
        method: method as 'POST',
        url: `/sandbox${path}`,
        headers,
        ...(json !== undefined && { payload: json as object }),
      });
      if (lost === 'response') throw timedOut();
      return { status, json: JSON.parse(body) as unknown };
    },
  };
  return createPaymentProvider(client, providerKey);
}

interface Order {
  readonly id: string;
  readonly totalCents: number;
  status: 'pending' | 'paid';
}

/** Settles the payments under way as abandoned ones, as if a minute had passed. */
async function reconcile(lost: Lost): Promise<void> {
  await adminQuery(database, "UPDATE payments.payments SET settle_after = settle_after - interval '1 minute'");
  await settleAbandoned({ store, provider: providerLosing(lost), log }, new AbortController().signal);
}

/** `orders` receives the events. */
async function deliver(orders: readonly Order[]): Promise<void> {
  const events = await adminQuery(database, "SELECT payload->>'orderId' AS id FROM payments.outbox");
  for (const order of orders) if (events.some(({ id }) => id === order.id)) order.status = 'paid';
}

/** Returns the amounts that were charged for an order, are recorded as paid, and were published. */
async function amountsOf({ id }: Order) {
  const [amounts] = await adminQuery(
    database,
    `SELECT
      ARRAY(SELECT charges.amount_cents::float8 FROM sandbox.charges JOIN payments.payments ON key = payments.id::text
        WHERE order_id = '${id}' AND charges.status = 'succeeded') AS charged,
      ARRAY(SELECT amount_cents::float8 FROM payments.payments
        WHERE order_id = '${id}' AND status = 'succeeded') AS recorded,
      ARRAY(SELECT (payload->'amountCents')::float8 FROM payments.outbox
        WHERE payload->>'orderId' = '${id}') AS published`,
  );
  return amounts as { charged: number[]; recorded: number[]; published: number[] };
}

const revenueCents = async () => (await measured(metrics))['Revenue']?.[''] ?? 0;

const step = fc.record({
  does: fc.constantFrom('pay', 'pay', 'pay', 'pay', 'reconcile', 'deliver'),
  order: fc.nat(1),
  cardToken: fc.constantFrom('tok_ok', 'tok_declined'),
  key: fc.constantFrom('a', 'b', undefined),
  lost: fc.constantFrom<Lost>('nothing', 'request', 'response'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
/** The largest order is 50 lines of 100 of the dearest product. */
const totalCents = fc.integer({ min: 0, max: 50 * 100 * (2 ** 31 - 1) });
/** Steps in a group are taken at the same time. */
const history = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 });

test('whatever is lost, repeated or concurrent, an order is charged at most once, its total, and that is what is recorded and published', async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(totalCents, totalCents), history, async (totals, groups) => {
      const user = { id: randomUUID(), email: 'ada@example.com' };
      const orders = totals.map((cents): Order => ({ id: randomUUID(), totalCents: cents, status: 'pending' }));
      const succeeded = new Map<string, Payment>();
      const revenue = await revenueCents();

      const take = async ({ does, order, cardToken, key, lost }: Step) => {
        if (does === 'reconcile') return reconcile(lost);
        if (does === 'deliver') return deliver(orders);
        const { id: orderId } = orders[order]!;
        const parts = { store, provider: providerLosing(lost), findOrder: async () => orders[order] };
        try {
          const payment = await pay(parts, { user, credentials: {}, orderId, cardToken, idempotencyKey: key });
          expect(payment).toMatchObject({ orderId, amountCents: totals[order] });
          // Of several successes, all are the same payment.
          expect(succeeded.get(orderId) ?? payment).toEqual(payment);
          succeeded.set(orderId, payment);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
        }
      };
      for (const group of groups) await Promise.all(group.map(take));
      await reconcile('nothing');

      let paid = 0;
      for (const order of orders) {
        const { charged, recorded, published } = await amountsOf(order);
        expect([[], [order.totalCents]]).toContainEqual(charged);
        expect({ recorded, published }).toEqual({ recorded: charged, published: charged });
        if (succeeded.has(order.id)) expect(charged).toHaveLength(1);
        paid += charged[0] ?? 0;
      }
      expect((await revenueCents()) - revenue).toBe(paid);
    }),
    { numRuns: 40 },
  );
});
