-- Up Migration

-- For the deletion of old keys.
CREATE INDEX ON idempotency_keys (created_at);
