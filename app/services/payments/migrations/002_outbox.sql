-- Up Migration
-- As app/kit/outbox.sql has it.
create table outbox (
  position bigint generated always as identity primary key,
  id uuid not null default gen_random_uuid(),
  type text not null,
  payload jsonb not null,
  at timestamptz not null default now()
);
