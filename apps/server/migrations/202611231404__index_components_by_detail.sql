-- phase: expand

-- Which components have a content, and whether any has.
create index concurrently if not exists component_by_detail on component (detail_id) where detail_id is not null;
