-- phase: contract
-- contract-of: 0.2.0

-- Reads the table under a lock that readers and writers do not notice.
alter table component validate constraint component_license_known, validate constraint component_license_id_fkey;
