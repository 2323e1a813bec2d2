-- Up Migration

-- Links that were mailed and not used. The token itself is only in the mail.
CREATE TABLE tokens (
  -- Of nobody if a reset was requested for an address that nobody has: no mail has the token.
  user_id uuid NOT NULL,
  -- SHA-256 of the token.
  hash bytea NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('verify', 'reset')),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, hash)
);
-- For the deletion of old tokens.
CREATE INDEX ON tokens (expires_at);
