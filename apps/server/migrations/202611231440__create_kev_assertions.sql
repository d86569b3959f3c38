-- phase: expand
-- Owner: features/vulnerabilities. Who lists a vulnerability as known to be exploited, and what they say of it.

-- known_ransomware is null where the asserter does not report it.
create table kev_assertion (
  vuln_id text collate "C" not null,
  source text collate "C" not null,
  asserter text collate "C" not null,
  published timestamptz,
  required_action text,
  known_ransomware boolean,
  description text,
  created timestamptz not null default now(),
  updated timestamptz not null default now(),
  primary key (vuln_id, source, asserter)
);
