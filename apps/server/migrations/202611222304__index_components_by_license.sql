-- phase: expand

-- Which components have a licence statement, and whether any has.
create index concurrently if not exists component_by_license on component (license_id) where license_id is not null;
