-- phase: expand

-- Refers to component_license; the contract of this release adds the foreign key, until then nobody removes a statement. Null: not
-- brought into this shape yet, the three texts of the row hold.
alter table component add column license_id int;
