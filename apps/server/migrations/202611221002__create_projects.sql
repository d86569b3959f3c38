-- phase: expand
-- Owner: features/projects. Project versions, their hierarchy (closure table), tags and who may see them.

create table tag (
  id int generated always as identity primary key,
  name text collate "C" not null unique
);

-- id is dense on purpose: access sets are bitmaps over it.
create table project (
  id int generated always as identity primary key,
  uuid uuid not null unique default gen_random_uuid(),
  group_name text,
  name text collate "C" not null,
  version text collate "C",
  description text,
  classifier text,
  cpe text,
  purl text,
  swid_tag_id text,
  publisher text,
  authors jsonb,
  supplier jsonb,
  manufacturer jsonb,
  external_references jsonb,
  metadata jsonb,
  parent_id int references project on delete cascade,
  collection_logic text check (collection_logic in ('AGGREGATE_DIRECT_CHILDREN', 'AGGREGATE_DIRECT_CHILDREN_WITH_TAG', 'AGGREGATE_LATEST_VERSION_CHILDREN')),
  collection_tag_id int references tag,
  is_latest boolean not null default false,
  inactive_since timestamptz,
  created_at timestamptz not null default now(),
  last_bom_import timestamptz,
  last_bom_import_format text,
  last_vulnerability_analysis timestamptz,
  last_risk_score double precision,
  component_count int not null default 0,
  bom_digest bytea
) with (fillfactor = 85);
create unique index project_name_version on project (name, version) where version is not null;
create unique index project_name_unversioned on project (name) where version is null;
create unique index project_one_latest on project (name) where is_latest;
create index project_name_id on project (name, id);
create index project_parent on project (parent_id) where parent_id is not null;

-- Ancestor or self; the row of a project with itself has depth 0.
create table project_hierarchy (
  parent_id int not null references project on delete cascade,
  child_id int not null references project on delete cascade,
  depth smallint not null,
  primary key (parent_id, child_id)
);
create index project_hierarchy_child on project_hierarchy (child_id, parent_id);

create table project_access_team (
  project_id int not null references project on delete cascade,
  team_id int not null references team on delete cascade,
  primary key (project_id, team_id)
);
create index project_access_team_team on project_access_team (team_id, project_id);

create table project_tag (
  project_id int not null references project on delete cascade,
  tag_id int not null references tag on delete cascade,
  primary key (project_id, tag_id)
);
create index project_tag_tag on project_tag (tag_id, project_id);
