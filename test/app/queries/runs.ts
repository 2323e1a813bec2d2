import { createHash } from 'node:crypto';
import type { PublishBatchCommand } from '@aws-sdk/client-sns';
import type { Database } from '../../../app/kit/database.ts';
import { startRelay } from '../../../app/kit/outbox.ts';
import { createKey } from '../../../app/services/auth/api-key.ts';
import { createKeyStore } from '../../../app/services/auth/key-store.ts';
import { createUserStore } from '../../../app/services/auth/store.ts';
import { sorts } from '../../../app/services/catalog/product.ts';
import { createProductStore } from '../../../app/services/catalog/store.ts';
import { createImageStore } from '../../../app/services/images/store.ts';
import { createOrderStore } from '../../../app/services/orders/store.ts';
import { createConfirmationStore } from '../../../app/services/payments/confirmation-store.ts';
import { createPaymentStore } from '../../../app/services/payments/store.ts';
import { createChargeStore } from '../../../app/services/sandbox/store.ts';
import { createProcessedStore } from '../../../app/workers/imager/store.ts';
import { createSentStore } from '../../../app/workers/mailer/store.ts';
import { eventually } from '../../support/eventually.ts';
import { measured } from '../../support/measured.ts';
import { silentTask } from '../../support/task.ts';
import { idOf, rowsPerTable, userOf } from './seeds.ts';

/** Each thing that a service does with its database, with arguments that find rows. */
type Runs = (database: Database<any>) => Record<string, () => Promise<unknown>>; // oxlint-disable-line typescript/no-explicit-any -- any service's tables

const hash = (text: string) => createHash('sha256').update(text).digest();
const token = (text: string) => ({ hash: hash(text), link: () => 'https://a/v' });
const nothing = async () => {};
const userId = userOf(36);
const { key } = createKey(idOf(7));

export const runs = {
  auth: (database) => {
    const users = createUserStore(database);
    const keys = createKeyStore(database);
    return {
      add: () => users.add('new@example.com', 'hash', token('a')),
      'add with an address that is taken': () => users.add('7@example.com', 'hash', token('e')),
      'add with an address whose registration failed': () => users.add('failed@example.com', 'hash', token('f')),
      find: () => users.find('7@example.com'),
      hasPassword: () => users.hasPassword(idOf(7), 'hash'),
      requestVerification: () => users.requestVerification(idOf(7), token('b')),
      verify: () => users.verify({ userId: idOf(7), hash: hash('b') }),
      'requestReset of a known address': () => users.requestReset('7@example.com', token('c')),
      'requestReset of an unknown address': () => users.requestReset('nobody@example.com', token('d')),
      isReset: () => users.isReset({ userId: idOf(7), hash: hash('c') }),
      reset: () => users.reset({ userId: idOf(7), hash: hash('c') }, 'new hash', nothing),
      changePassword: () => users.changePassword({ id: idOf(8), oldHash: 'hash', newHash: 'new hash' }, nothing),
      'add a key': () => keys.add(idOf(7), key, 'hr_'),
      'list keys': () => keys.list(idOf(7)),
      'find the owner of a key': () => keys.ownerOf(key),
      'revoke a key': () => keys.revoke(idOf(7), idOf(1)),
      'relay events': () => relay(database),
    };
  },
  catalog: (database) => {
    const store = createProductStore(database);
    const after = { value: 1_000, id: 'film-3001' };
    return {
      ...Object.fromEntries(
        sorts.flatMap((sort) => [
          [`list by ${sort}, first page`, () => store.list({ sort, limit: 21 })],
          [`list by ${sort}, next page`, () => store.list({ sort, limit: 21, after })],
          [`list of a genre by ${sort}, next page`, () => store.list({ sort, limit: 21, genre: 'Genre 7', after })],
        ]),
      ),
      search: () => store.list({ sort: 'popularity', limit: 21, words: ['film', '77'], after }),
      findAll: () => store.findAll(['film-1', 'film-2']),
      find: () => store.find('film-1'),
      flags: () => store.flags(),
    };
  },
  images: (database) => {
    const store = createImageStore(database);
    const image = { id: idOf(rowsPerTable + 1), upload: { url: 'https://a', fields: {} } };
    const add = () => store.add({ userId, key: 'new', body: { productId: 'heat' } }, image);
    const finish = (n: number, status: 'ready' | 'rejected') =>
      store.finish({ userId: userOf(n), imageId: idOf(n), status, variants: [] });
    return {
      add,
      'add again': add,
      find: () => store.find(userId, idOf(36)),
      'listOfProduct, first page': () => store.listOfProduct('film-1', 21, undefined),
      'listOfProduct, next page': () => store.listOfProduct('film-1', 21, idOf(6_000)),
      finish: () => finish(100, 'ready'),
      'finish an image that is rejected': () => finish(200, 'rejected'),
    };
  },
  orders: (database) => {
    const store = createOrderStore(database);
    const items = [{ productId: 'heat', quantity: 1, priceCents: 999 }];
    const place = () =>
      store.place({ userId, key: 'new', body: {} }, async () => ({
        userId,
        totalCents: 999,
        items,
      }));
    return {
      place,
      'place again': place,
      find: () => store.find(userId, idOf(36)),
      'list, first page': () => store.list(userId, 21, undefined),
      'list, next page': () => store.list(userId, 21, idOf(36)),
      markPaid: () => store.markPaid(userId, idOf(36), { id: idOf(1), succeededAt: '2026-01-01T00:00:00Z' }),
      'relay events': () => relay(database),
    };
  },
  payments: (database) => {
    const store = createPaymentStore(database);
    const confirmations = createConfirmationStore(database);
    const payment = { userId, email: 'ada@example.com', amountCents: 999, requestHash: 'hash' };
    const open = (orderId: string, idempotencyKey?: string) => store.open({ ...payment, orderId, idempotencyKey });
    return {
      findByKey: () => store.findByKey(userId, '36'),
      open: () => open(idOf(rowsPerTable + 1), 'new'),
      'open again': () => open(idOf(rowsPerTable + 1), 'new'),
      'open for a paid order': () => open(idOf(36)),
      settle: () => store.settle({ userId: userOf(100), id: idOf(100) }, 'succeeded'),
      'settle again': () => store.settle({ userId: userOf(100), id: idOf(100) }, 'succeeded'),
      claimAbandoned: () => store.claimAbandoned(20),
      confirm: () => confirmations.confirm(userId, idOf(36)),
      publishAgain: () => confirmations.publishAgain(20),
      'relay events': () => relay(database),
    };
  },
  sandbox: (database) => {
    const store = createChargeStore(database);
    return {
      decide: () => store.decide({ key: 'new', status: 'succeeded', amountCents: 999 }),
      find: () => store.find('7'),
    };
  },
  imager: (database) => {
    const store = createProcessedStore(database);
    const image = { userId, imageId: idOf(36) };
    return {
      has: () => store.has(image),
      add: () => store.add({ userId, imageId: idOf(rowsPerTable + 1), status: 'ready', variants: [] }),
      'add again': () => store.add({ ...image, status: 'ready', variants: [] }),
      'relay events': () => relay(database),
    };
  },
  mailer: (database) => {
    const store = createSentStore(database);
    const mail = { userId, kind: 'order', to: 'ada@example.com' } as const;
    return {
      once: () => store.once('new', mail, async () => ({ outcome: 'sent' })),
      'once, refused': () => store.once('other', mail, async () => ({ outcome: 'refused', reason: 'rejected' })),
      suppress: () => store.suppress(userId, 'Ada@example.com', 'bounce: General'),
    };
  },
} satisfies Record<string, Runs>;

/** Relays one batch of events, of which the topic refuses one, and measures those that wait. */
async function relay(database: Database<unknown>): Promise<void> {
  const task = silentTask({ EVENTS_TOPIC_ARN: 'arn:aws:sns:eu-central-1:0:events' });
  let batches = 0;
  const send = async ({ input }: PublishBatchCommand) => {
    batches += 1;
    const [first, ...others] = input.PublishBatchRequestEntries ?? [];
    if (batches > 1) return {};
    return { Successful: others, Failed: [{ Id: first?.Id, Code: 'InvalidParameter' }] };
  };
  startRelay(task, { database, sns: { send: send as never }, pollMs: 1 });
  await eventually(async () => {
    if (batches < 2) throw new Error('The first batch is not published yet');
  });
  await measured(task.metrics);
  await task.stop();
}
