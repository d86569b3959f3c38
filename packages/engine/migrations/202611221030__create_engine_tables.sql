-- phase: expand
-- reviewed: new tables and indexes only; no earlier release knows them

-- Queues. Capacity bounds RUNNING runs across the whole cluster; a PAUSED queue hands nothing out. Both may change at run time.
create table wf_queue (
  kind text not null check (kind in ('workflow', 'activity')),
  name text not null,
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'PAUSED')),
  capacity integer not null default 1000 check (capacity > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (kind, name)
);

-- One row per run: of a workflow, or of an activity (a leaf run whose parent waits for it).
-- waiting: null = may be claimed; 'key' = parked behind another run of its concurrency key; 'time' = not before visible_from;
--          'event' = until a child ends or a signal comes, at the latest at visible_from.
-- fence:   grows whenever ownership changes; every write of an owner checks it.
-- wakes:   grows with every event meant for this run; suspending compares it, so no event is slept through.
create table wf_run (
  id uuid primary key,
  seq bigint generated always as identity,
  root_id uuid not null,
  parent_id uuid,
  kind text not null,
  name text not null,
  queue text not null,
  step_name text,
  status text not null default 'CREATED'
    check (status in ('CREATED', 'RUNNING', 'SUSPENDED', 'CANCELLED', 'COMPLETED', 'FAILED')),
  waiting text check (waiting in ('key', 'time', 'event')),
  visible_from timestamptz not null default now(),
  priority smallint not null default 0 check (priority between 0 and 100),
  concurrency_key text,
  instance_id text,
  labels jsonb,
  input jsonb,
  output jsonb,
  error jsonb,
  retry jsonb,
  timeout_ms bigint,
  attempt integer not null default 1,
  take_overs integer not null default 0,
  generation integer not null default 0,
  fence integer not null default 0,
  wakes integer not null default 0,
  awaiting integer not null default 0,
  cancel_requested boolean not null default false,
  locked_by text,
  locked_version text,
  locked_until timestamptz,
  claimed_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

create index wf_run_ready on wf_run (kind, queue, priority desc, seq)
  where status in ('CREATED', 'SUSPENDED') and waiting is null;
create index wf_run_due on wf_run (visible_from)
  where status in ('CREATED', 'SUSPENDED') and waiting in ('time', 'event');
create index wf_run_running on wf_run (kind, queue, locked_until) where status = 'RUNNING';
create unique index wf_run_instance on wf_run (instance_id)
  where instance_id is not null and status in ('CREATED', 'RUNNING', 'SUSPENDED');
create unique index wf_run_key_holder on wf_run (concurrency_key)
  where concurrency_key is not null and status in ('RUNNING', 'SUSPENDED');
create index wf_run_key_line on wf_run (concurrency_key, priority desc, seq)
  where concurrency_key is not null and status = 'CREATED';
create index wf_run_tree on wf_run (root_id) where parent_id is not null;
create index wf_run_finished on wf_run (finished_at) where finished_at is not null and parent_id is null;
-- Newest first. Over (- seq), because the planner took a plain index on seq for claims and walked over every finished run.
create index wf_run_list on wf_run ((- seq));

-- Labels of a whole tree of runs: token polling asks "is anything with this label still active?".
create table wf_label (
  name text not null,
  value text not null,
  root_id uuid not null,
  primary key (name, value, root_id)
);
create index wf_label_root on wf_label (root_id);

-- Checkpoints. For a step that ran in a domain transaction the row is the ledger: it commits with the effect.
create table wf_step (
  run_id uuid not null,
  name text not null,
  output jsonb,
  error jsonb,
  attempt integer not null default 1,
  fence integer not null,
  started_at timestamptz,
  finished_at timestamptz not null default now(),
  primary key (run_id, name)
);

create table wf_signal (
  run_id uuid not null,
  name text not null,
  payload jsonb,
  created_at timestamptz not null default now(),
  primary key (run_id, name)
);

-- Ended ownerships of a run that did not end the run itself; the last one stands in wf_run.
create table wf_attempt (
  run_id uuid not null,
  fence integer not null,
  attempt integer not null,
  instance_id text,
  instance_version text,
  outcome text not null,
  error jsonb,
  started_at timestamptz,
  finished_at timestamptz not null default now(),
  primary key (run_id, fence)
);

create table wf_lease (
  name text primary key,
  holder text not null,
  holder_version text,
  acquired_at timestamptz not null default now(),
  expires_at timestamptz not null
);

-- A cron firing exists once, together with the run it started.
create table wf_cron_firing (
  task text not null,
  scheduled_for timestamptz not null,
  fired_at timestamptz not null default now(),
  fired_by text,
  primary key (task, scheduled_for)
);
