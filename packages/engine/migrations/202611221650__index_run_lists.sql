-- phase: expand

-- Lists of workflow runs, by time of creation and of their end, also narrowed to names and states: within one name and state the
-- rows lie in the order of the list, so a page reads as many entries as it shows. Runs that have not ended count as ending last.
create index concurrently if not exists wf_run_list_created on wf_run (name, status, created_at, seq) where kind = 'workflow';
create index concurrently if not exists wf_run_list_finished
  on wf_run (name, status, coalesce(finished_at, 'infinity'::timestamptz), seq) where kind = 'workflow';

-- All runs there are of an instance id; the unique index on it knows only those that have not ended.
create index concurrently if not exists wf_run_list_instance on wf_run (instance_id) where instance_id is not null;
