-- Up Migration

CREATE TABLE users (
  user_id uuid PRIMARY KEY,
  email text COLLATE "C" NOT NULL,
  -- A PHC string, which includes the parameters of the hash.
  password_hash text NOT NULL,
  -- When the owner of the address followed the link of the verification mail.
  verified_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Which user has an address: a lookup, and the only table here that is not keyed by user. An address is reserved before
-- its user is added, who may be on another server.
CREATE TABLE addresses (
  email text COLLATE "C" PRIMARY KEY CHECK (email = lower(email)),
  user_id uuid NOT NULL,
  reserved_at timestamptz NOT NULL DEFAULT now()
);
