-- phase: expand
-- Owner: features/ingestion. Accepted uploads and the idempotency keys of their requests.

create table bom_upload (
  token uuid primary key,
  project_id int not null references project on delete cascade,
  project_uuid uuid not null,
  file_location text not null,
  file_sha256 text not null,
  size_bytes bigint not null,
  uploaded_by text not null,
  received_at timestamptz not null default now(),
  ended_at timestamptz,
  outcome text check (outcome in ('PROCESSED', 'FAILED')),
  failure_reason text
);
create index bom_upload_project on bom_upload (project_id, received_at desc);
create index bom_upload_unended on bom_upload (received_at) where ended_at is null;
create index bom_upload_ended on bom_upload (ended_at) where ended_at is not null;

-- Scoped to the principal; kept 24 h; same key and body answers the same token, another body 422.
create table upload_idempotency (
  principal text collate "C" not null,
  key text collate "C" not null,
  request_sha256 text not null,
  token uuid not null,
  project_uuid uuid not null,
  created_at timestamptz not null default now(),
  primary key (principal, key)
);
create index upload_idempotency_created on upload_idempotency (created_at);
