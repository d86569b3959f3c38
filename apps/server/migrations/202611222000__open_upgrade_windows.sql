-- phase: expand
-- Owner: features/cluster. How far an upgrade of the running cluster has come.

-- target_version, window_opened_at: while older and newer instances may run side by side; null when no upgrade is going on.
-- finalize_step: what finalizing does next; null when it is not going on. From its first step on there is no way back.
alter table cluster_state
  add column target_version text,
  add column window_opened_at timestamptz,
  add column finalize_step text,
  add column changed_by text;
