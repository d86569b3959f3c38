-- phase: expand
-- Owner: features/upgrades. Changes of many rows to a release's new shape, made in batches while the cluster serves.

-- A row is locked by each of its batches: it says where the next one begins, and is what makes it the only one. No index but the
-- key, so that every update is a HOT update and pages are reused.
create table backfill (
  name text collate "C" primary key,
  release text not null,
  status text not null default 'PENDING' check (status in ('PENDING', 'RUNNING', 'PAUSED', 'DONE', 'FAILED')),
  pause_reason text,
  -- Where the next batch begins; null: at the beginning, or, when it is done, nowhere.
  cursor jsonb,
  rows_done bigint not null default 0,
  rows_estimated bigint not null default 0,
  -- Limit set by an operator; null: the configured one.
  rate_rows_per_s int check (rate_rows_per_s > 0),
  -- What the last batches taught of how many rows one may have, how long a row takes, and how much longer to rest than planned.
  batch_rows int not null default 100,
  row_ms real,
  slowdown real not null default 1,
  -- Measured, over about the last minute.
  speed_rows_per_s real,
  run_id uuid,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  updated_at timestamptz not null default now(),
  finished_at timestamptz,
  verified_at timestamptz,
  last_error text
) with (
  fillfactor = 40,
  autovacuum_vacuum_threshold = 100,
  autovacuum_vacuum_scale_factor = 0
);
