-- phase: expand
-- reviewed: new columns have constant defaults, so no table is rewritten; the release before neither reads nor writes them. Functions
-- are new: those of the release before stay as they are and keep working beside these.

-- A held run: held_at is set, waiting = 'time' and visible_from = 'infinity'. No statement of any release lets such a run go by
-- itself: claims skip what waits, promotion skips what is never due, wake-ups only count.
-- held_visible_from: when it may go on after the hold; null = at once.
-- child_fence: where the fences of new children begin. A child that is repeated has the id of the one before it, so its fences
--              must lie above all that an earlier owner may still believe in.
alter table wf_run
  add column held_at timestamptz,
  add column held_visible_from timestamptz,
  add column child_fence integer not null default 0;

-- A candidate of a newer version than the holder's announces itself here.
alter table wf_lease
  add column challenger text,
  add column challenger_version text,
  add column challenger_seen_at timestamptz;

-- Locks the active runs of a tree: p_id and everything below it. Under the locks of all its parents a tree cannot grow; it is
-- looked at again until nothing was added meanwhile. Returns the ids, ended runs included; null when there is no such run.
create function wf_lock_tree(p_id uuid) returns uuid[]
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_root uuid;
  v_parent uuid;
  v_tree uuid[];
  v_level uuid[];
  v_before integer := 0;
begin
  select r.root_id, r.parent_id into v_root, v_parent from wf_run r where r.id = p_id;
  if not found then return null; end if;
  loop
    v_tree := array[p_id];
    v_level := v_tree;
    loop
      select array_agg(c.id) into v_level from wf_run c
      where c.root_id = v_root and c.parent_id is not null and c.parent_id = any(v_level);
      exit when v_level is null;
      v_tree := v_tree || v_level;
    end loop;
    exit when cardinality(v_tree) = v_before;
    v_before := cardinality(v_tree);
    perform 1 from wf_run r
    where r.id = any(v_tree || v_parent) and r.status in ('CREATED', 'RUNNING', 'SUSPENDED') order by r.id for no key update;
  end loop;
  return v_tree;
end $$;

-- Holds a run and everything below it until wf_resume. What runs is taken from its owner, who notices at its next write or beat;
-- held_visible_from is then the end of the owner's lease, unless the owner lets go before (wf_let_go). A run that was not started
-- yet leaves the line of its key. A claim that is half way might park a run behind one that is held in the same moment: it is
-- waited for by locking the queues, after the runs, for which a claim never waits. True when something is held.
create function wf_hold(p_id uuid) returns boolean
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_tree uuid[];
  v_held integer;
  v_keys text[];
begin
  v_tree := wf_lock_tree(p_id);
  if v_tree is null then return false; end if;
  perform 1 from wf_queue q order by q.kind, q.name for no key update;

  with target as (
    select r.id, r.fence, r.attempt, r.status, r.locked_by, r.locked_version, r.claimed_at, r.locked_until,
      r.waiting, r.visible_from, r.concurrency_key
    from wf_run r
    where r.id = any(v_tree) and r.status in ('CREATED', 'RUNNING', 'SUSPENDED') and not r.cancel_requested
      and (r.held_at is null or r.waiting is distinct from 'time' or r.visible_from <> 'infinity')
  ), history as (
    insert into wf_attempt (run_id, fence, attempt, instance_id, instance_version, outcome, started_at, finished_at)
    select t.id, t.fence, t.attempt, t.locked_by, t.locked_version, 'HELD', t.claimed_at, clock_timestamp()
    from target t where t.status = 'RUNNING'
    on conflict do nothing
  ), held as (
    update wf_run r set held_at = clock_timestamp(), waiting = 'time', visible_from = 'infinity',
      held_visible_from = case when t.status = 'RUNNING' then t.locked_until when t.waiting = 'time' then t.visible_from end,
      status = case when t.status = 'RUNNING' then 'SUSPENDED' else t.status end,
      fence = r.fence + case when t.status = 'RUNNING' then 1 else 0 end
    from target t where r.id = t.id
  )
  select array_agg(distinct t.concurrency_key) into v_keys from target t
  where t.status = 'CREATED' and t.concurrency_key is not null;
  if v_keys is not null then perform wf_release_keys(v_keys); end if;

  select count(*) into v_held from wf_run r
  where r.id = any(v_tree) and r.status in ('CREATED', 'SUSPENDED') and r.held_at is not null
    and r.waiting = 'time' and r.visible_from = 'infinity';
  return v_held > 0;
end $$;

-- Lets a held run and everything below it go on. Who waited for events looks again, so none is slept through; who waited for a
-- time, or was taken from an owner that has not let go yet, waits for what is left of it. False when nothing was held.
create function wf_resume(p_id uuid) returns boolean
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_tree uuid[];
  v_resumed integer;
begin
  v_tree := wf_lock_tree(p_id);
  update wf_run r set held_at = null, held_visible_from = null,
    waiting = case when r.held_visible_from > clock_timestamp() then 'time' end,
    visible_from = case when r.held_visible_from > clock_timestamp() then r.held_visible_from else clock_timestamp() end
  where r.id = any(v_tree) and r.status in ('CREATED', 'SUSPENDED') and r.held_at is not null
    and r.waiting = 'time' and r.visible_from = 'infinity';
  get diagnostics v_resumed = row_count;
  return v_resumed > 0;
end $$;

-- Says that the owner a run was taken from by wf_hold does nothing more for it, so that the end of its lease need not be awaited.
create function wf_let_go(p_id uuid, p_fence integer, p_owner text) returns void
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  update wf_run r set held_visible_from = null,
    visible_from = case when r.held_at is null then clock_timestamp() else r.visible_from end
  where r.id = p_id and r.fence = p_fence + 1 and r.locked_by = p_owner and r.status = 'SUSPENDED' and r.waiting = 'time'
    and case when r.held_at is null then r.visible_from = r.locked_until else r.held_visible_from = r.locked_until end;
end $$;

-- Cancels a run and everything below it, also what is being started below it in the same moment. What runs now is asked to stop
-- and ends when its owner notices. False when all was terminal.
create function wf_cancel_2(p_id uuid) returns boolean
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_tree uuid[];
  v_parent uuid;
  v_keys text[];
  v_changed integer;
begin
  v_tree := wf_lock_tree(p_id);
  with cancelled as (
    update wf_run r set cancel_requested = true, waiting = null, held_at = null, held_visible_from = null,
      status = case when r.status = 'RUNNING' then r.status else 'CANCELLED' end,
      finished_at = case when r.status = 'RUNNING' then null else clock_timestamp() end
    where r.id = any(v_tree) and r.status in ('CREATED', 'RUNNING', 'SUSPENDED')
    returning r.status, r.concurrency_key
  )
  select count(*), array_agg(distinct c.concurrency_key) filter (where c.status = 'CANCELLED' and c.concurrency_key is not null)
  into v_changed, v_keys from cancelled c;
  select r.parent_id into v_parent from wf_run r where r.id = p_id;
  if v_parent is not null then perform wf_wake(array[v_parent]); end if;
  if v_keys is not null then perform wf_release_keys(v_keys); end if;
  return v_changed > 0;
end $$;

-- Lets an ended root run go on. Without p_from_step a FAILED or CANCELLED one, from its last good step: failed steps and failed
-- runs of the tree are forgotten and done anew. With p_from_step also a COMPLETED one: that step, or child, is forgotten with
-- everything that was recorded or started after it was done, and with all that these children did.
-- Returns 'RETRIED', 'NOT_ENDED' (no such root run in a fitting state) or 'UNKNOWN_STEP'.
create function wf_retry(p_id uuid, p_from_step text) returns text
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_after timestamptz;
  v_level uuid[];
  v_again uuid[] := '{}';
  v_failed uuid[];
  v_fence integer;
begin
  perform 1 from wf_run r
  where r.id = p_id and r.parent_id is null
    and (r.status in ('FAILED', 'CANCELLED') or (p_from_step is not null and r.status = 'COMPLETED'))
  for no key update;
  if not found then return 'NOT_ENDED'; end if;
  perform wf_lock_tree(p_id);

  if p_from_step is not null then
    select min(x.done_at) into v_after from (
      select s.finished_at as done_at from wf_step s where s.run_id = p_id and s.name = p_from_step
      union all
      select coalesce(c.finished_at, clock_timestamp()) from wf_run c
      where c.root_id = p_id and c.parent_id = p_id and c.step_name = p_from_step) x;
    if v_after is null then return 'UNKNOWN_STEP'; end if;
    select array_agg(c.id) into v_level from wf_run c
    where c.root_id = p_id and c.parent_id = p_id and (c.step_name = p_from_step or c.created_at >= v_after);
    while v_level is not null loop
      v_again := v_again || v_level;
      select array_agg(c.id) into v_level from wf_run c
      where c.root_id = p_id and c.parent_id is not null and c.parent_id = any(v_level);
    end loop;
    delete from wf_step s where s.run_id = p_id and s.finished_at >= v_after;
    delete from wf_step s where s.run_id = any(v_again);
    delete from wf_signal s where s.run_id = any(v_again);
    delete from wf_attempt a where a.run_id = any(v_again);
  end if;

  -- The steps of failed children stay: what they had done well is not done twice.
  select coalesce(array_agg(c.id), '{}') into v_failed from wf_run c
  where c.root_id = p_id and c.parent_id is not null and c.status in ('FAILED', 'CANCELLED');
  delete from wf_step s where s.error is not null and (s.run_id = p_id or s.run_id in (
    select c.id from wf_run c where c.root_id = p_id and c.parent_id is not null));
  with gone as (
    delete from wf_run c where c.id = any(v_again || v_failed) returning c.fence
  )
  select max(g.fence) + 1 into v_fence from gone g;

  update wf_run r set child_fence = greatest(r.child_fence, v_fence)
  where r.root_id = p_id and r.parent_id is not null and r.status in ('CREATED', 'RUNNING', 'SUSPENDED');
  update wf_run r set status = 'CREATED', waiting = null, output = null, error = null, finished_at = null, cancel_requested = false,
    take_overs = 0, fence = r.fence + 1, child_fence = greatest(r.child_fence, v_fence), held_at = null, held_visible_from = null
  where r.id = p_id;
  return 'RETRIED';
end $$;

-- Takes runs back whose owner stopped renewing. A take-over is counted against activities, and against workflows below which the
-- same owner was running nothing: of a workflow and its activity in one process, the activity is the likelier cause, and
-- the workflow must live to hear of its failure. After p_take_overs_max counted take-overs without a newly recorded step the
-- run is FAILED: it probably kills its worker. From the second one on it waits a random time before it goes on, so that a
-- run that is innocent but was beside a poisonous one does not meet it again. Returns how many were freed and how many failed.
create function wf_sweep_2(p_limit integer, p_take_overs_max integer, out freed integer, out failed integer)
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_keys text[];
  v_parents uuid[];
begin
  with recursive expired as (
    select r.id, r.root_id, r.kind, r.fence, r.attempt, r.locked_by, r.locked_version, r.claimed_at, r.cancel_requested, r.take_overs
    from wf_run r where r.status = 'RUNNING' and r.locked_until < now()
    order by r.id limit p_limit for no key update skip locked
  ), crash as (
    select distinct e.root_id, e.locked_by from expired e where e.kind = 'workflow'
  ), beside as (
    -- What the same owner was running when it died, in the trees of its workflows; an earlier sweep may have taken it back.
    select d.parent_id, c.locked_by from crash c join wf_run d on d.root_id = c.root_id and d.parent_id is not null
    where (d.status = 'RUNNING' and d.locked_by = c.locked_by) or exists (
      select 1 from wf_attempt a where a.run_id = d.id and a.instance_id = c.locked_by and a.outcome = 'LEASE_EXPIRED')
  ), above as (
    select b.parent_id as id, b.locked_by from beside b
    union
    select p.parent_id, x.locked_by from above x join wf_run p on p.id = x.id where p.parent_id is not null
  ), judged as (
    select e.*, e.kind = 'activity' or not exists (
      select 1 from above x where x.id = e.id and x.locked_by = e.locked_by) as blamed
    from expired e
  ), decided as (
    select j.*, case when j.cancel_requested then 'CANCELLED' when j.blamed and j.take_overs >= p_take_overs_max then 'FAILED'
      else 'SUSPENDED' end as status
    from judged j
  ), moved as (
    update wf_run w set fence = w.fence + 1, take_overs = w.take_overs + case when d.blamed then 1 else 0 end, status = d.status,
      waiting = case when d.status = 'SUSPENDED' and d.blamed and d.take_overs > 0 then 'time' end,
      visible_from = case when d.status = 'SUSPENDED' and d.blamed and d.take_overs > 0
        then clock_timestamp() + least(power(2, d.take_overs), 8) * random() * interval '1 second' else w.visible_from end,
      finished_at = case when d.status = 'SUSPENDED' then null else clock_timestamp() end,
      error = case when d.status <> 'FAILED' then null else jsonb_build_object('type', 'CrashedWorker', 'retryable', false,
        'message', format('crashed its worker: taken over %s times without a newly recorded step', w.take_overs)) end
    from decided d where w.id = d.id
    returning w.id, w.parent_id, w.concurrency_key, w.status
  ), history as (
    insert into wf_attempt (run_id, fence, attempt, instance_id, instance_version, outcome, started_at, finished_at)
    select e.id, e.fence, e.attempt, e.locked_by, e.locked_version, 'LEASE_EXPIRED', e.claimed_at, clock_timestamp() from expired e
    on conflict do nothing
  )
  select count(*) filter (where m.status = 'SUSPENDED'), count(*) filter (where m.status = 'FAILED'),
    array_agg(m.concurrency_key) filter (where m.status <> 'SUSPENDED' and m.concurrency_key is not null),
    array_agg(m.parent_id order by m.parent_id) filter (where m.status <> 'SUSPENDED' and m.parent_id is not null)
  into freed, failed, v_keys, v_parents from moved m;
  if v_parents is not null then
    perform 1 from wf_run r where r.id = any(v_parents) order by r.id for no key update;
    perform wf_wake(v_parents);
  end if;
  if v_keys is not null then perform wf_release_keys(v_keys); end if;
end $$;
