-- phase: expand
-- Owner: features/findings. What external analyzers report of identities, and as of when each was answered about last.

create table analyzer_report (
  identity_id int not null references component_identity on delete cascade,
  analyzer text collate "C" not null,
  vulnerability_id int not null references vulnerability on delete cascade,
  first_seen timestamptz not null default now(),
  reference_url text,
  primary key (identity_id, analyzer, vulnerability_id)
);
create index analyzer_report_vulnerability on analyzer_report (vulnerability_id);

-- An answer that is older than the one noted here changes nothing. What is reported now was seen last at this time.
create table analyzer_answer (
  identity_id int not null references component_identity on delete cascade,
  analyzer text collate "C" not null,
  as_of timestamptz not null,
  primary key (identity_id, analyzer)
);
