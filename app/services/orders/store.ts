import type { Generated, Kysely } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { OrderPaid } from '../../contracts/order-paid.ts';
import type { Database } from '../../kit/database.ts';
import { once } from '../../kit/idempotency.ts';
import { appendEvent } from '../../kit/outbox.ts';
import type { Metrics } from '../../kit/telemetry/metrics.ts';
import type { NewOrder, Order, OrderStore } from './order.ts';

export interface OrdersTables {
  orders: {
    id: Generated<string>;
    seq: Generated<number>;
    user_id: string;
    status: Generated<Order['status']>;
    total_cents: number;
    created_at: Generated<Date>;
  };
  order_items: { order_id: string; position: number; product_id: string; quantity: number; price_cents: number };
}

/** Reads on replicas, which show a customer who has just ordered the order: it was written in the same session. */
export function createOrderStore(database: Database<OrdersTables>, metrics?: Metrics): OrderStore {
  const { replica } = database;
  return {
    async place(request, work) {
      let isNew = false;
      const placed = await database.transaction((tx) =>
        once(tx, request, async () => {
          const order = await insert(tx, await work());
          isNew = true;
          return order;
        }),
      );
      if (isNew) metrics?.add('OrdersPlaced', 1);
      return placed;
    },

    async find(userId, id) {
      const row = await select(replica).where('user_id', '=', userId).where('id', '=', id).executeTakeFirst();
      return row && toOrder(row);
    },

    async list(userId, limit, before) {
      let query = select(replica).where('user_id', '=', userId).orderBy('seq', 'desc').limit(limit);
      if (before !== undefined) {
        query = query.where('seq', '<', (orders) =>
          orders.selectFrom('orders').select('seq').where('user_id', '=', userId).where('id', '=', before),
        );
      }
      return (await query.execute()).map(toOrder);
    },

    markPaid: (orderId, paymentId) =>
      database.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('orders')
          .set({ status: 'paid' })
          .where('id', '=', orderId)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await appendEvent(tx, OrderPaid, { orderId, paymentId });
        return true;
      }),
  };
}

async function insert(tx: Kysely<OrdersTables>, { userId, totalCents, items }: NewOrder): Promise<Order> {
  const { id } = await tx
    .insertInto('orders')
    .values({ user_id: userId, total_cents: totalCents })
    .returning('id')
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('order_items')
    .values(
      items.map(({ productId, quantity, priceCents }, position) => ({
        order_id: id,
        position,
        product_id: productId,
        quantity,
        price_cents: priceCents,
      })),
    )
    .execute();
  return toOrder(await select(tx).where('id', '=', id).executeTakeFirstOrThrow());
}

function select(db: Kysely<OrdersTables>) {
  return db
    .selectFrom('orders')
    .select((order) => [
      'id',
      'status',
      'total_cents as totalCents',
      'created_at as createdAt',
      jsonArrayFrom(
        order
          .selectFrom('order_items')
          .select(['product_id as productId', 'quantity', 'price_cents as priceCents'])
          .whereRef('order_id', '=', 'orders.id')
          .orderBy('position'),
      ).as('items'),
    ]);
}

function toOrder(row: Omit<Order, 'createdAt'> & { createdAt: Date }): Order {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
