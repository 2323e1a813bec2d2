-- Up Migration

CREATE TABLE charges (
  -- The client's idempotency key: the first request with it decides the charge.
  key text COLLATE "C" PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('succeeded', 'declined', 'voided')),
  amount_cents bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
