-- Up Migration

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  -- In PHC string format, which carries the parameters it was made with.
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
