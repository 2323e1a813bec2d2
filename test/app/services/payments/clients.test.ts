import { expect, test } from '@jest/globals';
import type { HttpClient } from '../../../../app/kit/http-client.ts';
import { createPaymentProvider } from '../../../../app/services/payments/http-provider.ts';
import { createOrderFinder } from '../../../../app/services/payments/orders.ts';

const charge = { key: 'payment-1', amountCents: 100, cardToken: 'tok_ok', customerId: 'ada' };

const unpaid = { key: 'payment-1', customerId: 'ada' };

test.each([
  [201, 'succeeded'],
  [402, 'declined'],
  [410, 'voided'],
])('the response %i to a charge means that it %s', async (status, verdict) => {
  const { client, calls } = respondingWith(status, {});
  expect(await createPaymentProvider(client, 'key-1').charge(charge)).toBe(verdict);
  expect(calls).toEqual([
    {
      call: 'POST /charges',
      json: { amountCents: 100, cardToken: 'tok_ok' },
      headers: { authorization: 'Bearer key-1', 'idempotency-key': 'payment-1' },
      causes: ['customer ada', 'card tok_ok'],
    },
  ]);
});

test('any other response is an error', async () => {
  await expect(createPaymentProvider(respondingWith(200, {}).client, 'key-1').charge(charge)).rejects.toThrow(
    'POST /charges with 200',
  );
  await expect(createPaymentProvider(respondingWith(400, {}).client, 'key-1').settle(unpaid)).rejects.toThrow(
    'with 400',
  );
  await expect(
    createPaymentProvider(respondingWith(200, { status: 'pending' }).client, 'key-1').settle(unpaid),
  ).rejects.toThrow('pending');
});

test('the outcome of a charge is in the response to voiding it', async () => {
  const { client, calls } = respondingWith(200, { status: 'succeeded' });
  expect(await createPaymentProvider(client, 'key-1').settle({ ...unpaid, key: 'payment/1' })).toBe('succeeded');
  expect(calls).toMatchObject([
    { call: 'POST /charges/payment%2F1/void', headers: { authorization: 'Bearer key-1' }, causes: ['customer ada'] },
  ]);
});

test('orders is called with the credentials of the user, and its 404 means that the user has no such order', async () => {
  const order = { id: 'order-1', status: 'pending', totalCents: 5, items: [] };
  const { client, calls } = respondingWith(200, order);
  expect(await createOrderFinder(client)('order-1', { cookie: 'session=1' })).toMatchObject({
    status: 'pending',
    totalCents: 5,
  });
  expect(calls).toMatchObject([{ call: 'GET /api/orders/order-1', headers: { cookie: 'session=1' } }]);
  expect(await createOrderFinder(respondingWith(404, {}).client)('order-1', {})).toBeUndefined();
});

test('an order without an amount is an error', async () => {
  const find = createOrderFinder(respondingWith(200, { status: 'pending', totalCents: null }).client);
  await expect(find('order-1', {})).rejects.toThrow('orders responded');
});

function respondingWith(status: number, json: unknown) {
  const calls: unknown[] = [];
  const client: HttpClient = {
    async request(method, path, more) {
      calls.push({ call: `${method} ${path}`, ...more });
      return { status, json };
    },
  };
  return { client, calls };
}
