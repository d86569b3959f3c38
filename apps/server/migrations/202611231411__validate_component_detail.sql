-- phase: contract
-- contract-of: 0.4.0

-- Reads the table under a lock that readers and writers do not notice.
alter table component validate constraint component_detail_known, validate constraint component_detail_id_fkey;
