-- phase: expand
-- Owner: features/vulnerabilities. What a vulnerability affects by CPE: names with version bounds, as NVD's configurations give them.

-- vendor is lower case; product_key is the product's letters and digits, what is looked up first. version is the
-- lower-case version of a name without bounds and wildcards, which only components of that version can match; null: look closer.
create table vulnerability_affected_cpe (
  vulnerability_id int not null references vulnerability on delete cascade,
  ordinal int not null,
  product_key text collate "C" not null,
  vendor text collate "C" not null,
  version text collate "C",
  cpe text collate "C" not null,
  start_including text collate "C",
  start_excluding text collate "C",
  end_including text collate "C",
  end_excluding text collate "C",
  primary key (vulnerability_id, ordinal)
);
create index vulnerability_affected_cpe_product on vulnerability_affected_cpe (product_key, version, vulnerability_id);
