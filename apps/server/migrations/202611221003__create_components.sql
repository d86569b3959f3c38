-- phase: expand
-- Owner: features/components. Distinct identities once; a component is an identity within a project.

-- key: first 128 bit of sha256 over every coordinate, so that equality is one index probe.
-- package_key: what advisories are joined by ("pypi/requests"); null when nothing can match by package.
create table component_identity (
  id int generated always as identity primary key,
  key uuid not null unique,
  group_name text collate "C",
  name text collate "C" not null,
  version text collate "C",
  purl text collate "C",
  purl_coordinates text collate "C",
  purl_type text collate "C",
  cpe text collate "C",
  swid_tag_id text collate "C",
  scope text collate "C",
  package_key text collate "C",
  created_at timestamptz not null default now(),
  orphaned_since timestamptz
);
create index component_identity_package on component_identity (package_key, id) where package_key is not null;
create index component_identity_name on component_identity (name, id);
create index component_identity_orphaned on component_identity (orphaned_since) where orphaned_since is not null;

create table component (
  project_id int not null references project on delete cascade,
  identity_id int not null references component_identity,
  uuid uuid not null default gen_random_uuid(),
  first_seen timestamptz not null default now(),
  classifier text not null default 'LIBRARY',
  is_internal boolean not null default false,
  license text,
  license_expression text,
  license_url text,
  -- 52 bits of sha256 over everything a BOM says beyond the identity: an import compares it instead of the values.
  content_hash bigint not null default 0,
  detail jsonb,
  primary key (project_id, identity_id)
);
create unique index component_uuid on component (uuid);
create index component_identity_project on component (identity_id, project_id) include (first_seen);

-- One row per imported BOM document.
create table bom_import (
  id bigint generated always as identity primary key,
  project_id int not null references project on delete cascade,
  token uuid not null unique,
  format text not null,
  spec_version text not null,
  serial_number text,
  bom_version int,
  generated_at timestamptz,
  imported_at timestamptz not null default now(),
  components int not null,
  notes jsonb
);
create index bom_import_project on bom_import (project_id, imported_at desc);
