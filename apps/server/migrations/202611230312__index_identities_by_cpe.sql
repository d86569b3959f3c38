-- phase: expand

create index concurrently if not exists component_identity_cpe on component_identity (lower(cpe)) where cpe is not null;
