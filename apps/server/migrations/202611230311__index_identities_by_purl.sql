-- phase: expand

-- Portfolio search: what begins with a purl, in any letter case (columns of coordinates compare by bytes).
create index concurrently if not exists component_identity_purl on component_identity (lower(purl)) where purl is not null;
