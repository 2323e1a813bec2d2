-- Up Migration

-- When the owner of the address followed the link of the verification mail.
ALTER TABLE users ADD COLUMN verified_at timestamptz;

-- Links that were mailed and not used. The token itself is only in the mail.
CREATE TABLE tokens (
  -- SHA-256 of the token.
  hash bytea PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('verify', 'reset')),
  -- Null if nobody is registered with the address for which a reset was requested: no mail has the token.
  user_id uuid REFERENCES users ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);

CREATE INDEX ON tokens (user_id);
-- For the deletion of old tokens.
CREATE INDEX ON tokens (expires_at);
