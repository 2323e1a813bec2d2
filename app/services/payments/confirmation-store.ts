import { sql } from 'kysely';
import type { Database } from '../../kit/database.ts';
import type { ConfirmationStore, Unconfirmed } from './confirmation.ts';
import { appendSucceeded } from './succeeded.ts';
import type { PaymentsTables } from './tables.ts';

/** `mailer` remembers events for long enough only if they are not published again after this time. */
const publishedDays = 7;

export function createConfirmationStore(database: Database<PaymentsTables>): ConfirmationStore {
  return {
    async confirm(userId, paymentId) {
      const unconfirmed = database.primary.deleteFrom('unconfirmed');
      await unconfirmed.where('user_id', '=', userId).where('payment_id', '=', paymentId).execute();
    },

    // Intervals double with the age of the payment, from 2 minutes to 12 hours: an outage of `orders` adds few messages.
    // OFFSET 0 keeps NOT EXISTS from becoming a join, which would read all payments that are due before it takes some.
    publishAgain: (limit) =>
      database.transaction(async (tx) => {
        const { rows } = await sql<Due>`
          WITH due AS (
            SELECT user_id, payment_id FROM unconfirmed
            WHERE publish_after < now()
              AND NOT EXISTS (
                SELECT FROM outbox WHERE outbox.user_id = unconfirmed.user_id AND outbox.id = payment_id OFFSET 0)
            ORDER BY publish_after LIMIT ${limit} FOR UPDATE SKIP LOCKED
          ), claimed AS (
            UPDATE unconfirmed SET publish_after = CASE
              WHEN succeeded_at < now() - make_interval(days => ${publishedDays}) THEN 'infinity'
              ELSE now() + least(greatest(now() - succeeded_at, interval '2 minutes'), interval '12 hours')
            END
            FROM due WHERE unconfirmed.user_id = due.user_id AND unconfirmed.payment_id = due.payment_id
            RETURNING unconfirmed.*
          )
          SELECT payments.user_id AS "userId", payments.id, order_id AS "orderId", email, amount_cents AS "amountCents",
            succeeded_at AS "succeededAt", publish_after = 'infinity' AS "givenUp"
          FROM claimed JOIN payments ON payments.user_id = claimed.user_id AND payments.id = payment_id
          ORDER BY succeeded_at`.execute(tx);
        for (const payment of rows) {
          if (!payment.givenUp) await appendSucceeded(tx, payment, payment.succeededAt);
        }
        return rows.map(({ id, orderId, succeededAt, givenUp }) => ({ paymentId: id, orderId, succeededAt, givenUp }));
      }),
  };
}

interface Due extends Omit<Unconfirmed, 'paymentId'> {
  readonly userId: string;
  readonly id: string;
  readonly email: string;
  readonly amountCents: number;
}
