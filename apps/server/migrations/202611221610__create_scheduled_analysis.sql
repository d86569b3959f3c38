-- phase: expand

-- When an analysis was last started on schedule; a project is due by the later one of this and its last analysis.
alter table project add column last_analysis_attempt timestamptz;

-- Owner: features/analysis. Scheduled analyses that may still be under way: never more rows than may be in flight.
create table scheduled_analysis_run (
  run_id uuid primary key,
  started_at timestamptz not null default now()
);
