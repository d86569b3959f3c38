-- phase: expand
-- Owner: features/findings. What was decided about a finding, and the trail of how it came to that.

-- One row per finding that somebody looked at; it stays while the vulnerability is not reported, and goes with the component.
create table finding_analysis (
  id int generated always as identity primary key,
  project_id int not null,
  identity_id int not null,
  vulnerability_id int not null references vulnerability on delete cascade,
  state text not null default 'NOT_SET',
  justification text not null default 'NOT_SET',
  response text not null default 'NOT_SET',
  details text,
  suppressed boolean not null default false,
  owasp_vector text,
  owasp_score real,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (project_id, identity_id, vulnerability_id),
  foreign key (project_id, identity_id) references component on delete cascade
);
create index finding_analysis_vulnerability on finding_analysis (vulnerability_id);

create table finding_analysis_comment (
  id bigint generated always as identity primary key,
  analysis_id int not null references finding_analysis on delete cascade,
  commenter text not null,
  comment text not null,
  written_at timestamptz not null default now()
);
create index finding_analysis_comment_analysis on finding_analysis_comment (analysis_id, id);
