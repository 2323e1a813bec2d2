-- Up Migration

-- Feature flags; a person changes them, and each task reads all of them every 5 minutes.
CREATE TABLE flags (
  name text COLLATE "C" PRIMARY KEY,
  enabled boolean NOT NULL DEFAULT false
);
