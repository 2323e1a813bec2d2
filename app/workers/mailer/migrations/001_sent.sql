-- Up Migration

CREATE TABLE sent (
  event_id text PRIMARY KEY,
  sent_at timestamptz NOT NULL DEFAULT now()
);
