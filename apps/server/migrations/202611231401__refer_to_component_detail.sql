-- phase: expand

-- Refers to component_detail; the contract of this release adds the foreign key, until then nobody removes a content. Null: not
-- brought into this shape yet, the column detail of the row holds.
alter table component add column detail_id int;
