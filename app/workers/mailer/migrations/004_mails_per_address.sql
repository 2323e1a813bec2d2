-- Up Migration

-- How many mails of a kind an address was due in its current window.
CREATE TABLE mails_per_address (
  address text NOT NULL,
  kind text NOT NULL,
  mails integer NOT NULL,
  window_ends_at timestamptz NOT NULL,
  PRIMARY KEY (address, kind)
);

-- For the deletion of old rows.
CREATE INDEX ON mails_per_address (window_ends_at);
