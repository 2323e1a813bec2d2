-- Up Migration
create table charges (
  -- The client's idempotency key: whoever comes first with it decides its fate.
  key text primary key,
  id uuid not null unique default gen_random_uuid(),
  status text not null check (status in ('succeeded', 'declined', 'voided')),
  amount_cents bigint not null,
  created_at timestamptz not null default now()
);
