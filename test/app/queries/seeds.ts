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
/** The user of row `n`: each has five rows. */
export const userOf = (n: number): string => idOf(Math.floor(n / 5));
const user = `('00000000-0000-4000-8000-' || lpad((n / 5)::text, 12, '0'))::uuid`;
const outbox = `INSERT INTO outbox (user_id, id, type, payload, at, not_before) SELECT ${user}, ${id}, 'order.paid', '{}', ${past}, ${past} ${series}`;

/** What fills the tables of each schema, without what is irrelevant to plans. */
export const seeds = {
  auth: [
    `INSERT INTO users (user_id, email, password_hash) SELECT ${id}, n || '@example.com', 'hash' ${series}`,
    `INSERT INTO addresses (email, user_id) SELECT n || '@example.com', ${id} ${series}`,
    `INSERT INTO addresses (email, user_id, reserved_at) VALUES ('failed@example.com', gen_random_uuid(), now() - interval '1 hour')`,
    `INSERT INTO tokens (user_id, hash, purpose, expires_at)
     SELECT ${id}, sha256(n::text::bytea), CASE n % 2 WHEN 0 THEN 'verify' ELSE 'reset' END,
       now() + (n - 100) * interval '1 minute' ${series}`,
    `INSERT INTO api_keys (user_id, id, prefix, hash, created_at) SELECT ${id}, ${id}, 'hr_', sha256(n::text::bytea), ${past} ${series}`,
    outbox,
  ],
  catalog: [
    `INSERT INTO products (id, name, price_cents, year, genre, rating, popularity, words)
     SELECT 'film-' || n, 'Film', n / 3 + 1, n / 3, 'Genre ' || n % 100, n / 3, n / 3, 'film ' || n ${series}`,
    `INSERT INTO flags (name) VALUES ('new-home')`,
  ],
  images: [
    `INSERT INTO images (user_id, id, product_id, status, created_at)
     SELECT ${user}, ${id}, 'film-' || n % 10, CASE n % 100 WHEN 0 THEN 'pending' ELSE 'ready' END, ${past} ${series}`,
    `INSERT INTO product_images (product_id, image_id, variants) SELECT 'film-' || n % 10, ${id}, '[]' ${series}`,
    `INSERT INTO idempotency_keys (user_id, key, request_hash, created_at) SELECT ${user}, n, 'hash', ${past} ${series}`,
  ],
  orders: [
    `INSERT INTO orders (user_id, id, total_cents) SELECT ${user}, ${id}, 999 ${series}`,
    `INSERT INTO order_items (user_id, order_id, position, product_id, quantity, price_cents)
     SELECT ${user}, ${id}, 0, 'heat', 1, 999 ${series}`,
    `INSERT INTO idempotency_keys (user_id, key, request_hash, created_at) SELECT ${user}, n, 'hash', ${past} ${series}`,
    outbox,
  ],
  payments: [
    `INSERT INTO payments (user_id, id, order_id, email, amount_cents, status, idempotency_key, request_hash, settle_after)
     SELECT ${user}, ${id}, ${id}, 'ada@example.com', 999, CASE n % 100 WHEN 0 THEN 'pending' ELSE 'succeeded' END,
       n, 'hash', ${past} ${series}`,
    `INSERT INTO unconfirmed (user_id, payment_id, succeeded_at, publish_after) SELECT ${user}, ${id}, now() - interval '1 day', ${past} ${series}
     WHERE n % 100 > 0`,
    // Those that are due first have left it.
    `${outbox} WHERE n < ${rowsPerTable} - 100 AND n % 100 > 0`,
  ],
  sandbox: [`INSERT INTO charges (key, id, status, amount_cents) SELECT n, ${id}, 'succeeded', 999 ${series}`],
  imager: [`INSERT INTO processed (user_id, image_id, processed_at) SELECT ${user}, ${id}, ${past} ${series}`, outbox],
  mailer: [
    `INSERT INTO sent (user_id, event_id, sent_at) SELECT ${user}, n, ${past} ${series}`,
    `INSERT INTO suppressed (user_id, address, reason) SELECT ${id}, n || '@example.com', 'bounce: General' ${series}`,
    `INSERT INTO mails_per_user (user_id, kind, mails, window_ends_at)
     SELECT ${id}, 'order', 1, now() + (n - 100) * interval '1 minute' ${series}`,
  ],
} as const;
