-- Up Migration

-- Events that wait for publication. Rows are deleted once published.
CREATE TABLE outbox (
  user_id uuid NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  -- The trace in which the event happened, as the headers of a request: x-request-id, traceparent, tracestate.
  trace jsonb,
  -- An event that the topic refuses waits, longer each time, and is parked after some attempts: a person has to look at it.
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT now(),
  failed_at timestamptz,
  error text,
  parked_at timestamptz,
  PRIMARY KEY (user_id, id)
);
-- The order of publication: an id begins with the time.
CREATE INDEX ON outbox (id);
