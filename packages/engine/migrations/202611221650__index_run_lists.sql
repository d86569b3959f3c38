-- phase: expand

-- Lists of workflow runs by time of creation and of their end: within one name and state the rows lie in the order of the list,
-- so a page reads about as many entries as it shows. RUNNING is left out, and ends are indexed when they come: each change of
-- a run's state writes an entry into every index that holds it, and what runs is found over wf_run_running.
create index concurrently if not exists wf_run_list_created on wf_run (name, status, created_at, seq)
  where kind = 'workflow' and status <> 'RUNNING';
create index concurrently if not exists wf_run_list_finished on wf_run (name, status, finished_at, seq)
  where kind = 'workflow' and finished_at is not null;

-- Ended runs of an instance id; the unique index on it holds the others.
create index concurrently if not exists wf_run_list_instance on wf_run (instance_id)
  where instance_id is not null and finished_at is not null;
