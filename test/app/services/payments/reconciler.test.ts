import { mock } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Payment, PaymentStore } from '../../../../app/services/payments/payment.ts';
import type { PaymentProvider, Verdict } from '../../../../app/services/payments/provider.ts';
import { settleAbandoned, startReconciler } from '../../../../app/services/payments/reconciler.ts';
import { silentTask } from '../../../support/task.ts';

const { log } = silentTask({});

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('a payment that cannot be settled does not block the others', async () => {
  const { parts, verdicts } = given(['a', 'b', 'c']);
  parts.provider.settle = async ({ key }) => {
    if (key === 'b') throw new Error('down');
    return key === 'a' ? 'succeeded' : 'voided';
  };
  expect(await settleAbandoned(parts, new AbortController().signal)).toBe(2);
  expect(verdicts).toEqual({ a: 'succeeded', c: 'voided' });
});

test('stopping settles the current payment and leaves the rest for later', async () => {
  const { parts, verdicts } = given(['a', 'b', 'c']);
  const stopping = new AbortController();
  parts.provider.settle = async () => {
    stopping.abort();
    return 'voided';
  };
  expect(await settleAbandoned(parts, stopping.signal)).toBe(1);
  expect(verdicts).toEqual({ a: 'voided' });
});

test('it runs 30 s after the last run ended, continues after a failure, and stopping waits for a run under way', async () => {
  let runs = 0;
  const task = silentTask({});
  startReconciler(task, async () => {
    runs += 1;
    await new Promise((resolve) => setTimeout(resolve, 45_000));
    throw new Error('the database is down');
  });
  await pass(29_999);
  expect(runs).toBe(0);
  await pass(1);
  await pass(45_000);
  await pass(29_999);
  expect(runs).toBe(1);
  await pass(1);
  expect(runs).toBe(2);

  let stopped = false;
  const stopping = task.stop().then(() => (stopped = true));
  await pass(44_999);
  expect(stopped).toBe(false);
  await pass(1);
  await stopping;
  await pass(60_000);
  expect(runs).toBe(2);
});

/** Lets time pass, in ms, and what is due happen. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await nextTurn();
}

function given(abandoned: string[]) {
  const verdicts: Record<string, Verdict> = {};
  const store: PaymentStore = {
    findByKey: async () => undefined,
    open: async () => 'pending',
    claimAbandoned: async () => abandoned.map((id) => payment(id, 'pending')),
    async settle({ id }, verdict) {
      verdicts[id] = verdict;
      return payment(id, verdict);
    },
  };
  const provider: PaymentProvider = {
    charge: () => Promise.reject(new Error('an unexpected charge')),
    settle: async () => 'succeeded',
  };
  return { parts: { store, provider, log }, verdicts };
}

function payment(id: string, status: Payment['status']): Payment {
  return { id, status, orderId: 'o', userId: 'u', email: 'e', amountCents: 1, requestHash: 'h' };
}
