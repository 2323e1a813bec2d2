import { limits } from '../../app/workers/mailer/store.ts';
import { readInbox } from '../../local/cli/inbox.ts';
import type { System } from '../support/system.ts';
import type { Ledger } from './buyer.ts';

/** Returns what the services and the payment provider have stored, in numbers and cents, and the mails by outcome. */
export async function counts(system: System) {
  const [row] = await system.query(
    'primary',
    `SELECT (SELECT count(*)::int FROM orders.orders) AS orders,
       (SELECT count(*)::int FROM orders.orders WHERE status = 'paid') AS paid,
       (SELECT count(*)::int FROM payments.payments WHERE status = 'succeeded') AS payments,
       (SELECT count(*)::int FROM sandbox.charges WHERE status = 'succeeded') AS charges,
       (SELECT coalesce(sum(total_cents), 0)::int FROM orders.orders WHERE status = 'paid') AS "paidCents",
       (SELECT coalesce(sum(amount_cents), 0)::int FROM payments.payments WHERE status = 'succeeded') AS "paymentCents",
       (SELECT coalesce(sum(amount_cents), 0)::int FROM sandbox.charges WHERE status = 'succeeded') AS "chargedCents",
       (SELECT json_object_agg(outcome, mails)
        FROM (SELECT outcome, count(*)::int AS mails FROM mailer.sent GROUP BY outcome) AS per_outcome) AS mails`,
  );
  return row as ReturnType<typeof expectedCounts>;
}

/**
 * Returns the counts that follow from what buyers were told. Each buyer gets a mail for its address and one for each paid
 * order, up to the hourly limit.
 */
export function expectedCounts({ buyers, orders }: Ledger) {
  const paid = orders.filter(({ outcome }) => outcome === 'paid');
  const cents = paid.reduce((sum, { totalCents }) => sum + totalCents, 0);
  const perBuyer = buyers.map((email) => paid.filter((order) => order.email === email).length);
  const limited = perBuyer.reduce((sum, count) => sum + Math.max(0, count - limits.order.mails), 0);
  return {
    orders: orders.length,
    paid: paid.length,
    payments: paid.length,
    charges: paid.length,
    paidCents: cents,
    paymentCents: cents,
    chargedCents: cents,
    mails: { ...(limited > 0 && { limited }), sent: buyers.length + paid.length - limited },
  };
}

/** Returns the orders whose mail is marked as sent and is not in the inbox, and how many mails about orders it has too many. */
export async function inboxOf(system: System, { orders }: Ledger) {
  const messages = await readInbox(system.endpoint);
  const marked = await system.query(
    'primary',
    `SELECT order_id AS id FROM payments.payments JOIN mailer.sent ON event_id = id::text WHERE outcome = 'sent'`,
  );
  const sent = new Set(marked.map(({ id }) => String(id)));
  const mailed = orders.map(({ id }) => ({ id, mails: messages.filter(({ text }) => text.includes(id)).length }));
  return {
    missing: mailed.filter(({ id, mails }) => sent.has(id) && mails === 0),
    repeated: mailed.reduce((sum, { id, mails }) => sum + mails - (sent.has(id) ? 1 : 0), 0),
  };
}
