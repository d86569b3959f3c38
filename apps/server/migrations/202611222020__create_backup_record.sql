-- phase: expand
-- Owner: features/upgrades. Backups that were taken of this database, and what checking them found.

-- verified_at: when it was last restored into a scratch database and compared, or an operator vouched for a backup of his own;
-- null = never. kind: dump (pg_dump), export (our own) or confirmed (made by other means).
create table backup_record (
  id uuid primary key,
  kind text not null check (kind in ('dump', 'export', 'confirmed')),
  taken_at timestamptz not null,
  verified_at timestamptz,
  verdict text check (verdict in ('passed', 'failed', 'confirmed')),
  location text not null,
  version text not null,
  bytes bigint,
  taken_by text not null,
  detail jsonb not null default '{}'
);
create index backup_record_taken on backup_record (taken_at desc);
