/**
 * Rows of each growing table: ANALYZE samples 30,000 (300 times default_statistics_target), so it sees all of these, and plans
 * do not depend on chance.
 * @see https://www.postgresql.org/docs/17/sql-analyze.html
 */
export const rowsPerTable = 20_000;

/** Tables whose size people decide, with the reason. */
export const small: Readonly<Record<string, string>> = {
  flags: 'people add flags, and each task reads all of them every 5 minutes',
};

/** An id of row `n`. */
export const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const id = `('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid`;
const series = `FROM generate_series(1, ${rowsPerTable}) AS n`;
const past = `now() - n * interval '1 minute'`;
const outbox = `INSERT INTO outbox (id, type, payload, at, not_before) SELECT ${id}, 'order.paid', '{}', ${past}, ${past} ${series}`;

/** What fills the tables of each schema, without what is irrelevant to plans. */
export const seeds = {
  auth: [
    `INSERT INTO users (id, email, password_hash) SELECT ${id}, n || '@example.com', 'hash' ${series}`,
    `INSERT INTO tokens (hash, purpose, user_id, expires_at)
     SELECT sha256(n::text::bytea), CASE n % 2 WHEN 0 THEN 'verify' ELSE 'reset' END, ${id},
       now() + (n - 100) * interval '1 minute' ${series}`,
    `INSERT INTO api_keys (user_id, prefix, hash, created_at) SELECT ${id}, 'hr_', sha256(n::text::bytea), ${past} ${series}`,
    outbox,
  ],
  catalog: [
    `INSERT INTO products (id, name, price_cents, popularity) SELECT 'film-' || n, 'Film', 999, n / 3 ${series}`,
    `INSERT INTO flags (name) VALUES ('new-home')`,
  ],
  orders: [
    `INSERT INTO orders (id, user_id, total_cents) SELECT ${id}, 'user-' || n / 5, 999 ${series}`,
    `INSERT INTO order_items (order_id, position, product_id, quantity, price_cents) SELECT ${id}, 0, 'heat', 1, 999 ${series}`,
    `INSERT INTO idempotency_keys (user_id, key, request_hash, created_at) SELECT 'user-' || n / 5, n, 'hash', ${past} ${series}`,
    outbox,
  ],
  payments: [
    `INSERT INTO payments (id, order_id, user_id, email, amount_cents, status, idempotency_key, request_hash, settle_after)
     SELECT ${id}, ${id}, 'user-' || n / 5, 'ada@example.com', 999, CASE n % 100 WHEN 0 THEN 'pending' ELSE 'succeeded' END,
       n, 'hash', ${past} ${series}`,
    `INSERT INTO unconfirmed (payment_id, succeeded_at, publish_after) SELECT ${id}, now() - interval '1 day', ${past} ${series}
     WHERE n % 100 > 0`,
    // Those that are due first have left it.
    `${outbox} WHERE n < ${rowsPerTable} - 100`,
  ],
  sandbox: [`INSERT INTO charges (key, status, amount_cents) SELECT n, 'succeeded', 999 ${series}`],
  mailer: [
    `INSERT INTO sent (event_id, sent_at) SELECT n, ${past} ${series}`,
    `INSERT INTO mails_per_address (address, kind, mails, window_ends_at)
     SELECT n || '@example.com', 'order', 1, now() + (n - 100) * interval '1 minute' ${series}`,
  ],
} as const;
