-- Up Migration: no transaction

-- For the payments that are published again, unless their event still waits here.
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_by_id ON outbox (id);
