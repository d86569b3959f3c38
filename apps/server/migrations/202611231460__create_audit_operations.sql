-- phase: expand
-- Owner: features/findings. Decisions about many findings at once, kept with what was there before, so that they can be undone.
create table audit_operation (
  id int generated always as identity primary key,
  uuid uuid not null unique default gen_random_uuid(),
  operator text not null,
  reason text not null,
  decision jsonb not null,
  created_at timestamptz not null default now(),
  undone_at timestamptz,
  undone_by text
);

-- Only findings that the operation changed. Their components and vulnerabilities may be gone later; then there is nothing to undo.
create table audit_operation_change (
  operation_id int not null references audit_operation on delete cascade,
  project_id int not null,
  identity_id int not null,
  vulnerability_id int not null,
  before jsonb not null,
  after jsonb not null,
  undone text check (undone in ('RESTORED', 'CHANGED_SINCE', 'GONE', 'NOT_VISIBLE')),
  primary key (operation_id, project_id, identity_id, vulnerability_id)
);
