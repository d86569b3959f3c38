-- phase: contract
-- contract-of: 0.4.0

-- The constraint says already what NOT NULL would have to look for: it must still be there, since dropping comes first within one
-- statement. 0: of this component nothing more is said.
alter table component
  alter column detail_id set default 0,
  -- squawk-ignore adding-not-nullable-field
  alter column detail_id set not null;
alter table component drop constraint component_detail_known;
