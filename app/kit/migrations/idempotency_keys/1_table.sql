-- Up Migration

CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  request_hash text NOT NULL,
  -- The result to return to a repetition; null while the first request is under way.
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, key)
);
-- For the deletion of old keys.
CREATE INDEX ON idempotency_keys (created_at);
