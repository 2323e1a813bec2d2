-- Up Migration

-- Uploads that were dealt with, for good: what follows is in the event image.processed.
CREATE TABLE processed (
  user_id uuid NOT NULL,
  image_id uuid NOT NULL,
  processed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, image_id)
);
-- For the deletion of old rows.
CREATE INDEX ON processed (processed_at);
