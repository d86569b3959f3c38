-- phase: expand

-- What only people say of a component and no BOM does: file name, extension, notes. Imports leave it as it is.
alter table component add column by_hand jsonb;
