-- Up Migration

CREATE TABLE api_keys (
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  id uuid NOT NULL,
  -- The part of the key by which its owner recognizes it.
  prefix text NOT NULL,
  -- SHA-256 of the whole key, which nobody can guess: a slow hash would protect it no better.
  hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, id),
  UNIQUE (user_id, hash)
);
