-- phase: expand
-- Owner: features/settings. Properties changed at run time, configuration and state of extensions.

create table config_property (
  group_name text collate "C" not null,
  property_name text collate "C" not null,
  property_type text not null,
  property_value text,
  description text,
  primary key (group_name, property_name)
);

create table extension_config (
  extension_point text collate "C" not null,
  extension text collate "C" not null,
  config jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz,
  primary key (extension_point, extension)
);

-- What an extension remembers between runs (watermarks); version is for optimistic locking.
create table extension_state (
  extension_point text collate "C" not null,
  extension text collate "C" not null,
  key text collate "C" not null,
  value jsonb not null,
  version bigint not null default 1,
  updated_at timestamptz not null default now(),
  primary key (extension_point, extension, key)
);
