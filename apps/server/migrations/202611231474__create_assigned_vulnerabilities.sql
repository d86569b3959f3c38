-- phase: expand
-- Owner: features/findings. Vulnerabilities that people assigned to components, which have an identity of their own.
create table assigned_vulnerability (
  project_id int not null,
  identity_id int not null,
  vulnerability_id int not null references vulnerability on delete cascade,
  assigned_by text not null,
  assigned_at timestamptz not null default now(),
  primary key (identity_id, vulnerability_id),
  foreign key (project_id, identity_id) references component on delete cascade on update cascade
);
create index assigned_vulnerability_component on assigned_vulnerability (project_id, identity_id);
create index assigned_vulnerability_vulnerability on assigned_vulnerability (vulnerability_id);
