-- phase: expand
-- Owner: features/metrics. One snapshot per project and UTC day; projects whose numbers are out of date.

create table project_metrics (
  project_id int not null references project on delete cascade,
  day date not null,
  first_occurrence timestamptz not null,
  last_occurrence timestamptz not null,
  components int not null,
  vulnerable_components int not null,
  vulnerabilities int not null,
  critical int not null,
  high int not null,
  medium int not null,
  low int not null,
  unassigned int not null,
  kev int not null default 0,
  suppressed int not null default 0,
  findings_total int not null,
  findings_audited int not null default 0,
  findings_unaudited int not null,
  inherited_risk_score double precision not null,
  primary key (project_id, day)
);

create table metrics_dirty_project (
  project_id int primary key references project on delete cascade,
  marked_at timestamptz not null default now()
);
create index metrics_dirty_project_marked on metrics_dirty_project (marked_at);
