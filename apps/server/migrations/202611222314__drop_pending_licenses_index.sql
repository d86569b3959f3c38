-- phase: contract
-- contract-of: 0.2.0

drop index concurrently if exists component_license_pending;
