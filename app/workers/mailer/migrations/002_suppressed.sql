-- Up Migration

-- Addresses that get no more mail: one to them bounced for good, or their owner complained about one.
CREATE TABLE suppressed (
  user_id uuid NOT NULL,
  -- In lower case.
  address text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  suppressed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, address)
);
