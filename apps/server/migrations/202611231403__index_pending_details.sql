-- phase: expand

-- What the backfill still has to do, in the order in which it does it; empty at the end.
create index concurrently if not exists component_detail_pending on component (project_id, identity_id)
  where detail_id is null;
