import { expect, test } from '@jest/globals';
import { DependencyError } from '../../../../app/kit/problem.ts';
import { pay, type PayParts } from '../../../../app/services/payments/pay.ts';
import type { Payment, PaymentStore } from '../../../../app/services/payments/payment.ts';
import type { ChargeRequest, Verdict } from '../../../../app/services/payments/provider.ts';

const request = {
  user: { id: 'ada', email: 'ada@example.com' },
  credentials: { cookie: 'session=1' },
  orderId: 'order-1',
  cardToken: 'tok_ok',
  idempotencyKey: 'key-1',
};

test('the card is charged under the id of the payment, with the amount of the order', async () => {
  const { parts, charged } = given();
  expect(await pay(parts, request)).toMatchObject({
    status: 'succeeded',
    amountCents: 1_000,
    email: 'ada@example.com',
  });
  expect(charged).toEqual([{ key: 'payment-1', amountCents: 1_000, cardToken: 'tok_ok', customerId: 'ada' }]);
});

test('a settled payment is returned without calling anything', async () => {
  const { parts, charged } = given();
  const first = await pay(parts, request);
  parts.findOrder = () => Promise.reject(new Error('orders was called'));
  expect(await pay(parts, request)).toEqual(first);
  expect(charged).toHaveLength(1);
});

test('a pending payment is charged again under the same id', async () => {
  const { parts, charged, verdicts } = given(new DependencyError('provider', { timedOut: true }));
  await expect(pay(parts, request)).rejects.toMatchObject({ status: 504, headers: { 'retry-after': '5' } });
  verdicts.push('succeeded');
  expect(await pay(parts, request)).toMatchObject({ status: 'succeeded' });
  expect(charged.map(({ key }) => key)).toEqual(['payment-1', 'payment-1']);
});

test('a provider that is down is a 503, one that is slow a 504', async () => {
  const { parts } = given(new DependencyError('provider'));
  await expect(pay(parts, request)).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
});

test('a payment that another task settled meanwhile is returned as that task settled it', async () => {
  const { parts } = given('voided');
  const { store } = parts;
  parts.store = { ...store, settle: (id) => store.settle(id, 'succeeded') };
  expect(await pay(parts, request)).toMatchObject({ status: 'succeeded' });
});

test.each<[Verdict, number]>([
  ['declined', 402],
  ['voided', 409],
])('a payment that was %s is a %i, also when repeated', async (verdict, status) => {
  const { parts, charged } = given(verdict);
  await expect(pay(parts, request)).rejects.toMatchObject({ status });
  await expect(pay(parts, request)).rejects.toMatchObject({ status });
  expect(charged).toHaveLength(1);
});

test('another card, or another order, under the same key is refused', async () => {
  const { parts, charged } = given();
  await pay(parts, request);
  await expect(pay(parts, { ...request, cardToken: 'tok_other' })).rejects.toMatchObject({ status: 422 });
  await expect(pay(parts, { ...request, orderId: 'order-2' })).rejects.toMatchObject({ status: 422 });
  expect(charged).toHaveLength(1);
});

test('an unknown or paid order is never charged', async () => {
  const { parts, charged } = given();
  parts.findOrder = async () => undefined;
  await expect(pay(parts, request)).rejects.toMatchObject({ status: 404 });
  parts.findOrder = async () => ({ status: 'paid', totalCents: 1_000 });
  await expect(pay(parts, request)).rejects.toMatchObject({ status: 409 });
  expect(charged).toEqual([]);
});

/** In-memory parts; the provider returns `verdicts` one after the other. */
function given(...verdicts: (Verdict | Error)[]) {
  if (verdicts.length === 0) verdicts.push('succeeded');
  const charged: ChargeRequest[] = [];
  const parts: { -readonly [Part in keyof PayParts]: PayParts[Part] } = {
    store: memoryStore(),
    provider: {
      async charge(charge) {
        charged.push(charge);
        const verdict = verdicts.shift();
        if (verdict === undefined || verdict instanceof Error) throw verdict ?? new Error('an unexpected charge');
        return verdict;
      },
      settle: () => Promise.reject(new Error('an unexpected settlement')),
    },
    findOrder: async () => ({ status: 'pending', totalCents: 1_000 }),
  };
  return { parts, charged, verdicts };
}

function memoryStore(): PaymentStore {
  const payments = new Map<string, Payment & { key: string | undefined }>();
  const find = (key: string) => [...payments.values()].find((payment) => payment.key === key);
  return {
    findByKey: async (_, key) => find(key),
    async open({ idempotencyKey: key, ...payment }) {
      const opened = { ...payment, id: `payment-${payments.size + 1}`, status: 'pending' as const, key };
      payments.set(opened.id, opened);
      return opened;
    },
    async settle({ id }, verdict) {
      const payment = payments.get(id);
      if (payment === undefined) throw new Error(`no payment ${id}`);
      const settled = payment.status === 'pending' ? { ...payment, status: verdict } : payment;
      payments.set(id, settled);
      return settled;
    },
    claimAbandoned: async () => [],
  };
}
