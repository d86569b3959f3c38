-- phase: expand
-- reviewed: the trigger removes one row by its key, of the project whose row the importing transaction has locked already
-- Owner: features/components. Which document a project's inventory was made from, and what else its import depended on: the same
-- document again need not be read again. Gone with any import that does not say so, such as one of a release before.
create table inventory_source (
  project_id int primary key references project on delete cascade,
  token uuid not null,
  fingerprint bytea not null,
  inventory_digest bytea not null,
  graph_digest bytea not null,
  graph_edges int not null,
  services_digest bytea not null,
  project_columns jsonb not null
);

create function forget_inventory_source() returns trigger language plpgsql as $$
begin
  delete from inventory_source where project_id = new.project_id;
  return null;
end $$;

create trigger forget_inventory_source after insert on bom_import for each row execute function forget_inventory_source();
