-- phase: expand
-- Owner: features/findings. A finding is component joined with match; a match joins an identity with a vulnerability once.

create table vulnerability_match (
  vulnerability_id int not null references vulnerability on delete cascade,
  identity_id int not null references component_identity on delete cascade,
  first_seen timestamptz not null default now(),
  severity smallint not null,
  cvss real not null,
  epss real not null,
  published timestamptz not null,
  analyzers text[] not null,
  primary key (vulnerability_id, identity_id)
);
create index vulnerability_match_identity on vulnerability_match (identity_id, vulnerability_id) include (first_seen, severity);

-- An identity has a row once it was matched; the row is also the lock under which its matches are read and written.
create table identity_match_state (
  identity_id int primary key references component_identity on delete cascade,
  matched_at timestamptz not null default now()
);
