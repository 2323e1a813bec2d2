-- Up Migration

CREATE TABLE charges (
  -- The client's idempotency key: the first request with it decides the charge.
  key text PRIMARY KEY,
  id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  status text NOT NULL CHECK (status IN ('succeeded', 'declined', 'voided')),
  amount_cents bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
