-- Up Migration

-- An event that the topic refuses waits, longer each time, and is parked after some attempts: a person has to look at it.
ALTER TABLE outbox
  ADD COLUMN attempts integer NOT NULL DEFAULT 0,
  ADD COLUMN not_before timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN failed_at timestamptz,
  ADD COLUMN error text,
  ADD COLUMN parked_at timestamptz;
