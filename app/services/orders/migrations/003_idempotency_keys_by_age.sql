-- Up Migration
create index on idempotency_keys (created_at);
