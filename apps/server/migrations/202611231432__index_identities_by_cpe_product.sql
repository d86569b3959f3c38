-- phase: expand

-- Advisories that name a product find the identities whose CPE may be meant.
create index concurrently if not exists component_identity_cpe_product on component_identity (cpe_product_key(cpe), id)
  where cpe is not null;
