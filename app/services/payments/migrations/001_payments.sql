-- Up Migration
create table payments (
  -- Also the key under which the provider charges at most once.
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null,
  user_id text not null,
  email text not null,
  amount_cents bigint not null check (amount_cents >= 0),
  status text not null default 'pending' check (status in ('pending', 'succeeded', 'declined', 'voided')),
  idempotency_key text,
  request_hash text not null,
  created_at timestamptz not null default now(),
  -- Pending after this, it was abandoned half-way, and some task settles it.
  settle_after timestamptz not null default now() + interval '1 minute',
  unique (user_id, idempotency_key)
);

-- An order is paid once; a declined or voided payment makes room for another.
create unique index one_live_payment_per_order on payments (order_id) where status in ('pending', 'succeeded');
create index on payments (settle_after) where status = 'pending';
