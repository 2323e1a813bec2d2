-- Up Migration
-- As app/kit/idempotency.ts has it.
create table idempotency_keys (
  user_id text not null,
  key text not null,
  request_hash text not null,
  answer jsonb,
  created_at timestamptz not null default now(),
  primary key (user_id, key)
);
