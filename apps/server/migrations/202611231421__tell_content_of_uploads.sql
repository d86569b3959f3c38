-- phase: expand
-- Owner: features/ingestion. sha256 of an uploaded document as it is read; null where a release before took it.
alter table bom_upload add column content_sha256 text;
