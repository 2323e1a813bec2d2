-- Up Migration

CREATE TABLE payments (
  user_id uuid NOT NULL,
  -- Also the key under which the provider charges at most once.
  id uuid NOT NULL,
  order_id uuid NOT NULL,
  email text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'succeeded', 'declined', 'voided')),
  idempotency_key text COLLATE "C",
  request_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- A payment still pending after this time was abandoned, and a task settles it.
  settle_after timestamptz NOT NULL DEFAULT now() + interval '1 minute',
  PRIMARY KEY (user_id, id),
  UNIQUE (user_id, idempotency_key)
);

-- An order is paid once; after a declined or voided payment it may be paid again.
CREATE UNIQUE INDEX one_live_payment_per_order ON payments (user_id, order_id) WHERE status IN ('pending', 'succeeded');
CREATE INDEX ON payments (settle_after) WHERE status = 'pending';

-- Succeeded payments whose order is not known to be paid. Rows are deleted once `orders` has confirmed it.
CREATE TABLE unconfirmed (
  user_id uuid NOT NULL,
  -- Also the id of the event payment.succeeded.
  payment_id uuid NOT NULL,
  succeeded_at timestamptz NOT NULL DEFAULT now(),
  -- When the event is published again; infinity once that was given up.
  publish_after timestamptz NOT NULL DEFAULT now() + interval '2 minutes',
  PRIMARY KEY (user_id, payment_id)
);
CREATE INDEX ON unconfirmed (publish_after);
