-- Up Migration

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  -- A PHC string, which includes the parameters of the hash.
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
