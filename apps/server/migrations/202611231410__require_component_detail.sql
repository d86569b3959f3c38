-- phase: contract
-- contract-of: 0.4.0

-- Comes before the column goes: with a component left behind by the backfill this contract ends here, and nothing is lost.
alter table component
  add constraint component_detail_known check (detail_id is not null) not valid,
  add constraint component_detail_id_fkey foreign key (detail_id) references component_detail not valid;
