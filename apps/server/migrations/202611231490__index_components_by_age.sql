-- phase: expand

-- Which components came last, or first, of the whole portfolio.
create index concurrently if not exists component_by_age on component (first_seen);
