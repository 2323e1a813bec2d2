import { sql, type Selectable, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../kit/database.ts';
import type { Metrics } from '../../kit/telemetry/metrics.ts';
import type { Obstacle, Payment, PaymentStore } from './payment.ts';
import { publishSucceeded } from './succeeded.ts';
import type { PaymentRow, PaymentsTables } from './tables.ts';

/** Reads and writes on the primary: a payment depends on the latest write. */
export function createPaymentStore(database: Database<PaymentsTables>, metrics?: Metrics): PaymentStore {
  const { primary } = database;

  const findByKey: PaymentStore['findByKey'] = async (userId, key) => {
    const row = await primary
      .selectFrom('payments')
      .selectAll()
      .where('user_id', '=', userId)
      .where('idempotency_key', '=', key)
      .executeTakeFirst();
    return row && toPayment(row);
  };

  const findObstacle = async (userId: string, orderId: string): Promise<Obstacle> => {
    const succeeded = await primary
      .selectFrom('payments')
      .select('id')
      .where('user_id', '=', userId)
      .where('order_id', '=', orderId)
      .where('status', '=', 'succeeded')
      .executeTakeFirst();
    // The other payment may have been declined since; the order may then be paid, by another request.
    return succeeded === undefined ? 'pending' : 'paid';
  };

  return {
    findByKey,

    async open(payment) {
      const { idempotencyKey } = payment;
      // On a conflict with either unique index, waits for the other transaction to end before it does nothing.
      const row = await primary
        .insertInto('payments')
        .values({
          user_id: payment.userId,
          id: uuidv7(),
          order_id: payment.orderId,
          email: payment.email,
          amount_cents: payment.amountCents,
          idempotency_key: idempotencyKey ?? null,
          request_hash: payment.requestHash,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row !== undefined) return toPayment(row);
      const own = idempotencyKey === undefined ? undefined : await findByKey(payment.userId, idempotencyKey);
      return own ?? findObstacle(payment.userId, payment.orderId);
    },

    async settle({ userId, id }, verdict) {
      let isNew = false;
      const payment = await database.transaction(async (tx) => {
        const row = await tx
          .updateTable('payments')
          .set({ status: verdict })
          .where('user_id', '=', userId)
          .where('id', '=', id)
          .where('status', '=', 'pending')
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return read(tx, userId, id);
        const settled = toPayment(row);
        if (verdict === 'succeeded') await publishSucceeded(tx, settled);
        isNew = true;
        return settled;
      });
      if (isNew && verdict === 'succeeded') metrics?.add('Revenue', payment.amountCents);
      if (isNew && verdict === 'declined') metrics?.add('PaymentsDeclined', 1);
      return payment;
    },

    async claimAbandoned(limit) {
      const rows = await primary
        .with('abandoned', (query) =>
          query
            .selectFrom('payments')
            .select(['user_id', 'id'])
            .where('status', '=', 'pending')
            .where('settle_after', '<', sql<Date>`now()`)
            .orderBy('settle_after')
            .limit(limit)
            .forUpdate()
            .skipLocked(),
        )
        .updateTable('payments')
        .set({ settle_after: sql`now() + interval '1 minute'` })
        .from('abandoned')
        .whereRef('payments.user_id', '=', 'abandoned.user_id')
        .whereRef('payments.id', '=', 'abandoned.id')
        .returningAll('payments')
        .execute();
      return rows.map(toPayment);
    },
  };
}

async function read(tx: Transaction<PaymentsTables>, userId: string, id: string): Promise<Payment> {
  const payments = tx.selectFrom('payments').selectAll();
  return toPayment(await payments.where('user_id', '=', userId).where('id', '=', id).executeTakeFirstOrThrow());
}

function toPayment(row: Selectable<PaymentRow>): Payment {
  return {
    id: row.id,
    orderId: row.order_id,
    userId: row.user_id,
    email: row.email,
    amountCents: row.amount_cents,
    status: row.status,
    requestHash: row.request_hash,
  };
}
