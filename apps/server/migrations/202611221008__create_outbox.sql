-- phase: expand
-- Owner: platform/outbox. Events written in the transaction of the change they tell of; claimed by row, never by cursor.

create table outbox_event (
  id bigint generated always as identity primary key,
  event_id uuid not null unique,
  type text collate "C" not null,
  subject text,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  attempts int not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text
) with (fillfactor = 80);
create index outbox_event_due on outbox_event (next_attempt_at, id);
