-- Up Migration
create table orders (
  id uuid primary key default gen_random_uuid(),
  -- Lists are read newest first by this; times alone may be equal.
  seq bigint generated always as identity unique,
  user_id text not null,
  status text not null default 'pending' check (status in ('pending', 'paid')),
  total_cents bigint not null check (total_cents >= 0),
  created_at timestamptz not null default now()
);
create index on orders (user_id, seq desc);

create table order_items (
  order_id uuid not null references orders (id),
  position smallint not null,
  product_id text not null,
  quantity integer not null check (quantity between 1 and 100),
  -- What one cost when it was ordered.
  price_cents bigint not null check (price_cents >= 0),
  primary key (order_id, position)
);
