-- Up Migration

CREATE TABLE sent (
  user_id uuid NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now(),
  -- What became of the mail: `sent`; `refused` by SES for good, `limited` or `suppressed`, with the reason.
  outcome text NOT NULL DEFAULT 'sent',
  reason text,
  PRIMARY KEY (user_id, event_id)
);
-- For the deletion of old rows.
CREATE INDEX ON sent (sent_at);

-- How many mails of a kind a user was due in the current window.
CREATE TABLE mails_per_user (
  user_id uuid NOT NULL,
  kind text COLLATE "C" NOT NULL,
  mails integer NOT NULL,
  window_ends_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, kind)
);
-- For the deletion of old rows.
CREATE INDEX ON mails_per_user (window_ends_at);
