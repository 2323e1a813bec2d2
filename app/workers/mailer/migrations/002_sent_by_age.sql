-- Up Migration
create index on sent (sent_at);
