-- Up Migration

-- Succeeded payments whose order is not known to be paid. Rows are deleted once `orders` has confirmed it.
CREATE TABLE unconfirmed (
  -- Also the id of the event payment.succeeded.
  payment_id uuid PRIMARY KEY,
  succeeded_at timestamptz NOT NULL DEFAULT now(),
  -- When the event is published again; infinity once that was given up.
  publish_after timestamptz NOT NULL DEFAULT now() + interval '2 minutes'
);
CREATE INDEX ON unconfirmed (publish_after);
