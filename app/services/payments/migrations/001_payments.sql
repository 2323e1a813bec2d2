-- Up Migration

CREATE TABLE payments (
  -- Also the key under which the provider charges at most once.
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  order_id uuid NOT NULL,
  user_id text NOT NULL,
  email text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'succeeded', 'declined', 'voided')),
  idempotency_key text,
  request_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- A payment still pending after this time was abandoned, and a task settles it.
  settle_after timestamptz NOT NULL DEFAULT now() + interval '1 minute',
  UNIQUE (user_id, idempotency_key)
);

-- An order is paid once; after a declined or voided payment it may be paid again.
CREATE UNIQUE INDEX one_live_payment_per_order ON payments (order_id) WHERE status IN ('pending', 'succeeded');
CREATE INDEX ON payments (settle_after) WHERE status = 'pending';
