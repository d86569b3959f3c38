-- phase: contract
-- contract-of: 0.2.0

-- Comes before the texts go: with a component left behind by the backfill this contract ends here, and nothing is lost.
alter table component
  add constraint component_license_known check (license_id is not null) not valid,
  add constraint component_license_id_fkey foreign key (license_id) references component_license not valid;
