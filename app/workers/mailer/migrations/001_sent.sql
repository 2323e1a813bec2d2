-- Up Migration
create table sent (
  event_id text primary key,
  sent_at timestamptz not null default now()
);
