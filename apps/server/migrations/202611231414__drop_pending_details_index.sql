-- phase: contract
-- contract-of: 0.4.0

drop index concurrently if exists component_detail_pending;
