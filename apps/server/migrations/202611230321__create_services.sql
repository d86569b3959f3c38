-- phase: expand
-- Owner: features/components. Services of projects, as BOMs and people give them.

-- key: the first 128 bit of sha256 over group, name and version. content_hash: 52 bits of sha256 over everything a BOM says beyond
-- them; null after somebody changed the service by hand, so that the next import finds it different.
create table service (
  project_id int not null references project on delete cascade,
  key uuid not null,
  uuid uuid not null default gen_random_uuid(),
  group_name text collate "C",
  name text collate "C" not null,
  version text collate "C",
  first_seen timestamptz not null default now(),
  content_hash bigint,
  detail jsonb,
  primary key (project_id, key)
);
create unique index service_uuid on service (uuid);
