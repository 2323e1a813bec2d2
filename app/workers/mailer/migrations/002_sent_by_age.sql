-- Up Migration

-- For the deletion of old rows.
CREATE INDEX ON sent (sent_at);
