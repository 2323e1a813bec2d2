-- Up Migration

-- The trace in which the event happened, as the headers of a request: x-request-id, traceparent, tracestate.
ALTER TABLE outbox ADD COLUMN trace jsonb;
