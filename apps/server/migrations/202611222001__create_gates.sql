-- phase: expand
-- Owner: features/upgrades. Gates that are open: from then on all instances do what the release before did not know.

create table cluster_gate (
  name text primary key,
  release text not null,
  epoch bigint not null,
  opened_at timestamptz not null default clock_timestamp()
);
