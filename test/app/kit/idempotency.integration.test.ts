import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { sql, type KyselyPlugin } from 'kysely';
import { connectDatabase, type Database } from '../../../app/kit/database.ts';
import { once } from '../../../app/kit/idempotency.ts';
import type { Task } from '../../../app/kit/task.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../support/database.ts';
import { silentTask } from '../../support/task.ts';

let served: TestDatabase<'orders'>;
let task: Task<unknown>;
let database: Database<unknown>;
beforeAll(async () => {
  served = await createDatabase('orders');
  const orders = silentTask(served.config.orders);
  task = orders;
  database = connectDatabase(orders);
});
beforeEach(() => adminQuery(served, 'TRUNCATE orders.idempotency_keys'));
afterAll(async () => {
  await task.stop();
  await served.drop();
});

let runs = 0;
const work = jest.fn(async () => ({ run: (runs += 1) }));
beforeEach(() => void work.mockClear());

const ada = randomUUID();
const request = { key: 'k', userId: ada, body: { items: [{ productId: 'p', quantity: 1 }], note: null } };
const send = (more: Partial<typeof request> | { key: undefined } = {}, job: () => Promise<unknown> = work) =>
  database.transaction((tx) => once(tx, { ...request, ...more }, job));

test('a repetition gets the result of the first request and does nothing', async () => {
  const first = await send();
  expect(await send()).toEqual(first);
  expect(work).toHaveBeenCalledTimes(1);
});

test('bodies that differ only in the order of their members are equal', async () => {
  const first = await send();
  expect(await send({ body: { note: null, items: [{ quantity: 1, productId: 'p' }] } })).toEqual(first);
});

test('the same key with another body is refused', async () => {
  await send();
  const other = send({ body: { items: [{ productId: 'p', quantity: 2 }], note: null } });
  await expect(other).rejects.toMatchObject({ status: 422, errors: [{ field: 'idempotency-key' }] });
});

test('keys of different users, and requests without a key, are independent', async () => {
  await Promise.all([send(), send({ userId: randomUUID() }), send({ key: undefined }), send({ key: undefined })]);
  expect(work).toHaveBeenCalledTimes(4);
});

test('of two concurrent requests one works and the other waits for its result', async () => {
  const slow = async () => {
    await sql`SELECT pg_sleep(0.3)`.execute(database.primary);
    return work();
  };
  const [one, two] = await Promise.all([send({}, slow), send({}, slow)]);
  expect(one).toEqual(two);
  expect(work).toHaveBeenCalledTimes(1);
});

test('a failure frees the key', async () => {
  await expect(send({}, () => Promise.reject(new Error('declined')))).rejects.toThrow('declined');
  expect(await send()).toEqual({ run: runs });
});

test('a repetition that waits longer than the statement timeout is a 409 with Retry-After', async () => {
  const never = Promise.withResolvers<void>();
  const first = send({}, () => never.promise);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await expect(send()).rejects.toMatchObject({ status: 409, headers: { 'retry-after': '1' } });
  never.resolve();
  await first;
});

test('a key that is deleted as too old, while a repetition looks it up, is a new key', async () => {
  const first = await send();
  let statements = 0;
  const deletesAfterFirst: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      statements += 1;
      if (statements === 1) await adminQuery(served, 'DELETE FROM orders.idempotency_keys');
      return result;
    },
  };
  const again = await database.transaction((tx) => once(tx.withPlugin(deletesAfterFirst), request, work));
  expect(again).not.toEqual(first);
  expect(work).toHaveBeenCalledTimes(2);
  expect(await send()).toEqual(again);
});

test('keys are deleted after a day, not before', async () => {
  await adminQuery(
    served,
    `INSERT INTO orders.idempotency_keys (user_id, key, request_hash, created_at)
     VALUES ('${ada}', 'old', 'x', now() - interval '25 hours'), ('${ada}', 'young', 'x', now() - interval '23 hours')`,
  );
  await send();
  expect(await adminQuery(served, 'SELECT key FROM orders.idempotency_keys ORDER BY key')).toEqual([
    { key: 'k' },
    { key: 'young' },
  ]);
});
