-- phase: expand
-- Owner: features/analysis. Answers of external analyzers, shared by all instances. Unlogged: after a crash they are asked again.

create unlogged table analyzer_cache (
  analyzer text collate "C" not null,
  key text collate "C" not null,
  answer jsonb not null,
  answered_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (analyzer, key)
);
create index analyzer_cache_expiry on analyzer_cache (expires_at);
