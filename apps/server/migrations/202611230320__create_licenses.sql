-- phase: expand
-- Owner: features/licenses. Known licences: those of the SPDX list, and custom ones.

create table license (
  id int generated always as identity primary key,
  uuid uuid not null unique default gen_random_uuid(),
  -- The SPDX id; of a custom licence the id that was made up for it.
  license_id text collate "C" not null unique,
  name text collate "C" not null,
  text text,
  template text,
  header text,
  comments text,
  see_also text[] not null default '{}',
  osi_approved boolean not null default false,
  fsf_libre boolean not null default false,
  deprecated boolean not null default false,
  custom boolean not null default false
);

create table license_group (
  id int generated always as identity primary key,
  uuid uuid not null unique default gen_random_uuid(),
  name text collate "C" not null unique,
  risk_weight int not null default 0
);

create table license_group_member (
  group_id int not null references license_group on delete cascade,
  license_row int not null references license on delete cascade,
  primary key (group_id, license_row)
);
create index license_group_member_license on license_group_member (license_row, group_id);

-- At most one row: which edition of the SPDX list was brought in. Whoever brings in another one holds it locked.
create table license_list (
  single boolean primary key default true check (single),
  edition int not null,
  version text not null,
  brought_in_at timestamptz not null default now()
);
