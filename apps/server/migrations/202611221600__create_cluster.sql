-- phase: expand
-- Owner: features/cluster. Which instances live, and which versions may join them.

-- One row. Joining instances lock it for share, so that who raises the least version knows that nobody older slips in meanwhile.
create table cluster_state (
  id int primary key default 1 check (id = 1),
  min_join_version text not null default '0.0.0',
  finalized_version text,
  epoch bigint not null default 0,
  changed_at timestamptz not null default now()
);
insert into cluster_state (id) values (1);

-- Written by each instance every few seconds. No index but the key, so that every update is a HOT update and pages are reused.
create table cluster_instance (
  id text collate "C" primary key,
  version text not null,
  build text not null,
  profile text,
  host text not null,
  roles text[] not null,
  queues text[] not null,
  state text not null check (state in ('starting', 'ready', 'draining', 'gone')),
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  heartbeats bigint not null default 0,
  heartbeat_interval_ms int not null,
  heartbeat_lapse_ms int not null,
  gone_at timestamptz,
  gone_by text,
  leader boolean not null default false,
  in_flight int not null default 0,
  gate_epoch bigint not null default 0,
  detail jsonb not null default '{}'
) with (
  fillfactor = 40,
  autovacuum_vacuum_threshold = 100,
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_analyze_threshold = 10000
);
