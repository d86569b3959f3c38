-- phase: expand
-- Owner: features/ingestion. Accepted VEX documents and what became of them. While one waits, its file stands in bom_upload
-- under the same token; that row goes a week after the end, this one stays with the project.

create table vex_import (
  token uuid primary key,
  project_id int not null references project on delete cascade,
  project_uuid uuid not null,
  received_at timestamptz not null default now(),
  ended_at timestamptz,
  outcome text check (outcome in ('PROCESSED', 'FAILED')),
  failure_reason text,
  format text,
  spec_version text,
  serial_number text,
  document_version int,
  applied int,
  unchanged int,
  notes jsonb,
  note_count int
);
create index vex_import_project on vex_import (project_id, received_at desc);
