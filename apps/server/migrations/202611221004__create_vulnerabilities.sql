-- phase: expand
-- Owner: features/vulnerabilities. Advisories, what they affect, and which of them are the same vulnerability.

-- severity: 0 UNASSIGNED, 1 INFO, 2 LOW, 3 MEDIUM, 4 HIGH, 5 CRITICAL. cvss is the highest-precedence base score or -1.
create table vulnerability (
  id int generated always as identity primary key,
  uuid uuid not null unique default gen_random_uuid(),
  source text collate "C" not null,
  vuln_id text collate "C" not null,
  title text,
  description text,
  detail text,
  recommendation text,
  reference_links jsonb,
  credits jsonb,
  cwes int[] not null default '{}',
  severity smallint not null,
  cvss real not null default -1,
  epss real not null default -1,
  cvss_v2_vector text,
  cvss_v2_score real,
  cvss_v3_vector text,
  cvss_v3_score real,
  cvss_v4_vector text,
  cvss_v4_score real,
  published timestamptz,
  updated timestamptz,
  created timestamptz not null default now(),
  rejected timestamptz,
  digest bytea,
  unique (vuln_id, source)
);

-- One row per affected package of an advisory; ranges and versions are the shapes of packages/matching.
create table vulnerability_affected (
  vulnerability_id int not null references vulnerability on delete cascade,
  ordinal int not null,
  package_key text collate "C" not null,
  scheme text collate "C" not null,
  ecosystem text collate "C" not null,
  purl text collate "C",
  distro text collate "C",
  affected jsonb not null,
  primary key (vulnerability_id, ordinal)
);
create index vulnerability_affected_package on vulnerability_affected (package_key, vulnerability_id);

-- Alias groups: all ids of one vulnerability carry one group id, whether or not a row exists for them.
create table vulnerability_alias (
  source text collate "C" not null,
  vuln_id text collate "C" not null,
  group_id uuid not null,
  primary key (vuln_id, source)
);
create index vulnerability_alias_group on vulnerability_alias (group_id);

create table vulnerability_alias_assertion (
  asserter text collate "C" not null,
  source text collate "C" not null,
  vuln_id text collate "C" not null,
  alias_source text collate "C" not null,
  alias_id text collate "C" not null,
  primary key (asserter, vuln_id, source, alias_id, alias_source)
);
create index vulnerability_alias_assertion_alias on vulnerability_alias_assertion (alias_id, alias_source);

-- What the mirror took from each advisory file: id and modified compared per record (no single watermark), the digest of
-- the file where modified says nothing (Go writes the year 1).
create table advisory_record (
  mirror text collate "C" not null,
  ecosystem text collate "C" not null,
  advisory_id text collate "C" not null,
  modified text collate "C" not null,
  digest bytea not null,
  vulnerability_id int references vulnerability on delete set null,
  primary key (mirror, ecosystem, advisory_id)
);
create index advisory_record_vulnerability on advisory_record (vulnerability_id);
