-- Up Migration

CREATE TABLE api_keys (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  -- The part of the key by which its owner recognizes it.
  prefix text NOT NULL,
  -- SHA-256 of the whole key, which nobody can guess: a slow hash would protect it no better.
  hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX ON api_keys (user_id, created_at, id);
