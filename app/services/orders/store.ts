import { sql, type Generated, type Kysely } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { v7 as uuidv7 } from 'uuid';
import { OrderPaid } from '../../contracts/order-paid.ts';
import type { Database } from '../../kit/database.ts';
import { once } from '../../kit/idempotency.ts';
import { appendEvent } from '../../kit/outbox.ts';
import type { Metrics } from '../../kit/telemetry/metrics.ts';
import type { NewOrder, Order, OrderStore } from './order.ts';

export interface OrdersTables {
  orders: {
    user_id: string;
    id: string;
    status: Generated<Order['status']>;
    total_cents: number;
    created_at: Generated<Date>;
    payment_id: string | null;
    paid_at: Date | null;
  };
  order_items: {
    user_id: string;
    order_id: string;
    position: number;
    product_id: string;
    quantity: number;
    price_cents: number;
  };
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
      const row = await select(replica, userId).where('id', '=', id).executeTakeFirst();
      return row && toOrder(row);
    },

    async list(userId, limit, before) {
      let query = select(replica, userId).orderBy('id', 'desc').limit(limit);
      if (before !== undefined) query = query.where('id', '<', before);
      return (await query.execute()).map(toOrder);
    },

    markPaid: (userId, orderId, payment) =>
      database.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('orders')
          .set({
            status: 'paid',
            payment_id: sql`coalesce(payment_id, ${payment.id})`,
            paid_at: sql`coalesce(paid_at, ${payment.succeededAt})`,
          })
          .where('user_id', '=', userId)
          .where('id', '=', orderId)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await appendEvent(tx, OrderPaid, { userId, orderId, paymentId: payment.id });
        return true;
      }),
  };
}

async function insert(tx: Kysely<OrdersTables>, { userId, totalCents, items }: NewOrder): Promise<Order> {
  const id = uuidv7();
  await tx.insertInto('orders').values({ user_id: userId, id, total_cents: totalCents }).execute();
  await tx
    .insertInto('order_items')
    .values(
      items.map(({ productId, quantity, priceCents }, position) => ({
        user_id: userId,
        order_id: id,
        position,
        product_id: productId,
        quantity,
        price_cents: priceCents,
      })),
    )
    .execute();
  return toOrder(await select(tx, userId).where('id', '=', id).executeTakeFirstOrThrow());
}

function select(db: Kysely<OrdersTables>, userId: string) {
  return db
    .selectFrom('orders')
    .where('user_id', '=', userId)
    .select((order) => [
      'id',
      'status',
      'total_cents as totalCents',
      'created_at as createdAt',
      'payment_id as paymentId',
      'paid_at as paidAt',
      jsonArrayFrom(
        order
          .selectFrom('order_items')
          .select(['product_id as productId', 'quantity', 'price_cents as priceCents'])
          .whereRef('order_items.user_id', '=', 'orders.user_id')
          .whereRef('order_id', '=', 'orders.id')
          .orderBy('position'),
      ).as('items'),
    ]);
}

function toOrder(row: Omit<Order, 'createdAt' | 'paidAt'> & { createdAt: Date; paidAt: Date | null }): Order {
  return { ...row, createdAt: row.createdAt.toISOString(), paidAt: row.paidAt?.toISOString() ?? null };
}
