-- phase: expand

-- The score of the document with the checks it consists of, as computed while it was read. Null: imported by a release before 0.3.0.
alter table bom_import add column quality jsonb;
