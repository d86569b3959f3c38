-- phase: expand
-- reviewed: new functions only. They exist because these steps need several statements with a fresh snapshot each, and must
-- not stay half done in an open transaction when the calling process is stopped (a client-side transaction would).
-- A function that changes gets a new name.

-- Lets the best waiting run of each key go on. Call it in a later statement than the one that ended the run before it.
create function wf_release_keys(p_keys text[]) returns void
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  update wf_run r set waiting = null
  where r.waiting = 'key' and r.status = 'CREATED' and r.id in (
    select (select y.id from wf_run y
            where y.concurrency_key = k.key and y.status = 'CREATED' and y.waiting is distinct from 'time'
            order by y.priority desc, y.seq limit 1)
    from unnest(p_keys) as k(key));
end $$;

-- Tells runs that something they may wait for has happened. Parents of many children are woken at most once in a while.
create function wf_wake(p_ids uuid[]) returns void
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  update wf_run r set
    wakes = r.wakes + 1,
    visible_from = case when r.status = 'SUSPENDED' and r.waiting = 'event' and r.awaiting > 8
      then least(r.visible_from, clock_timestamp() + least(r.awaiting * 2, 1000) * interval '1 millisecond') else r.visible_from end,
    waiting = case when r.status = 'SUSPENDED' and r.waiting = 'event' and r.awaiting <= 8 then null else r.waiting end
  where r.id = any(p_ids) and r.status in ('CREATED', 'RUNNING', 'SUSPENDED');
end $$;

-- Hands out up to p_limit runs of one queue: best priority first, then oldest; never a name the caller does not know, never
-- more than the queue's capacity, never two of one key. The last row carries no run but how many rows were looked at: with
-- p_examined_max of them there may be more to hand out.
-- A run that must wait for its key is parked (waiting = 'key') so that no later claim looks at it again. It is parked only
-- while the row it waits behind is locked here, and whoever ends that row releases the key in a later statement: whichever of
-- the two comes first, the other one sees it. The blocking row is locked without waiting; if that fails, the run stays as it is.
-- Priorities are walked one by one, so that (priority = x, seq > y) is a true start of the index scan.
create function wf_claim(p_kind text, p_queue text, p_names text[], p_limit integer, p_examined_max integer,
  p_owner text, p_version text, p_lease_ms integer, p_seq_floor bigint)
returns table (claimed wf_run, examined integer)
language plpgsql volatile set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_capacity integer;
  v_room integer;
  v_asked integer;
  v_found integer;
  v_keyed boolean;
  v_examined integer := 0;
  v_priority integer := 32767;
  v_walking boolean := false;
  v_seq bigint;
  v_ids uuid[];
  v_behind uuid[];
  v_blockers uuid[];
  v_locked uuid[];
begin
  perform 1 from wf_run r
  where r.kind = p_kind and r.queue = p_queue and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
    and r.seq >= p_seq_floor and r.name = any(p_names)
  order by r.priority desc, r.seq limit 1;
  if not found then return; end if;

  select q.capacity into v_capacity from wf_queue q
  where q.kind = p_kind and q.name = p_queue and q.status = 'ACTIVE' for no key update;
  if not found then return; end if;

  select least(p_limit, v_capacity - count(*)) into v_room from wf_run r
  where r.kind = p_kind and r.queue = p_queue and r.status = 'RUNNING' and r.locked_until > now();

  while v_room > 0 and v_examined < p_examined_max loop
    if not v_walking then
      select r.priority, p_seq_floor - 1, true into v_priority, v_seq, v_walking from wf_run r
      where r.kind = p_kind and r.queue = p_queue and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
        and r.seq >= p_seq_floor and r.priority < v_priority
      order by r.priority desc, r.seq limit 1;
      exit when not found;
    end if;
    v_asked := least(v_room, p_examined_max - v_examined);
    select array_agg(c.id), count(*), max(c.seq), bool_or(c.keyed) into v_ids, v_found, v_seq, v_keyed
    from (
      select r.id, r.seq, r.status = 'CREATED' and r.concurrency_key is not null as keyed from wf_run r
      where r.kind = p_kind and r.queue = p_queue and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
        and r.priority = v_priority and r.seq > v_seq and r.name = any(p_names)
      order by r.seq limit v_asked
      for no key update skip locked) c;
    v_walking := v_found = v_asked;
    continue when v_found = 0;
    v_examined := v_examined + v_found;

    v_behind := '{}';
    if v_keyed then
      select coalesce(array_agg(r.id), '{}'), coalesce(array_agg(b.id), '{}') into v_behind, v_blockers
      from wf_run r cross join lateral (
        select x.id from (
          (select h.id from wf_run h
           where h.concurrency_key = r.concurrency_key and h.status in ('RUNNING', 'SUSPENDED') limit 1)
          union all
          (select y.id from wf_run y
           where y.concurrency_key = r.concurrency_key and y.status = 'CREATED' and y.waiting is distinct from 'time'
           order by y.priority desc, y.seq limit 1)
        ) x where x.id <> r.id limit 1) b
      where r.id = any(v_ids) and r.status = 'CREATED' and r.concurrency_key is not null;
    end if;

    return query
      update wf_run w set status = 'RUNNING', fence = w.fence + 1, locked_by = p_owner, locked_version = p_version,
        claimed_at = clock_timestamp(), locked_until = clock_timestamp() + p_lease_ms * interval '1 millisecond',
        started_at = coalesce(w.started_at, clock_timestamp())
      where w.id = any(v_ids) and w.id <> all(v_behind)
      returning w, 0;
    v_room := v_room - (v_found - cardinality(v_behind));

    if cardinality(v_behind) > 0 then
      select coalesce(array_agg(l.id), '{}') into v_locked from (
        select b.id from wf_run b
        where b.id = any(v_blockers) and b.status in ('CREATED', 'RUNNING', 'SUSPENDED')
        for no key update skip locked) l;
      update wf_run r set waiting = 'key' from unnest(v_behind, v_blockers) as p(id, blocker)
      where r.id = p.id and p.blocker = any(v_locked);
      update wf_run r set waiting = null where r.id = any(v_locked) and r.status = 'CREATED' and r.waiting = 'key';
    end if;
  end loop;
  return query select null::wf_run, v_examined;
end $$;

-- Lets runs go on whose time has come. Returns how many, and in how many milliseconds the next one is due.
create function wf_promote(p_limit integer, out promoted integer, out next_due_ms double precision)
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  update wf_run r set waiting = null where r.id in (
    select d.id from wf_run d
    where d.status in ('CREATED', 'SUSPENDED') and d.waiting in ('time', 'event') and d.visible_from <= now()
    order by d.visible_from limit p_limit for no key update skip locked);
  get diagnostics promoted = row_count;
  select extract(epoch from d.visible_from - clock_timestamp()) * 1000 into next_due_ms from wf_run d
  where d.status in ('CREATED', 'SUSPENDED') and d.waiting in ('time', 'event') and d.visible_from > now()
    and d.visible_from < now() + interval '1 hour'
  order by d.visible_from limit 1;
end $$;

-- Ends ownerships: completed, failed, cancelled, suspended, to be tried again, handed back. p_parents are runs to wake.
-- A suspended run goes on after a delay (p_delays_ms from now), at a time (p_dues_ms since 1970), or with the next event.
-- Returns the position of each item whose end stands (also when an earlier, unanswered call had written it).
create function wf_end(p_ids uuid[], p_fences integer[], p_statuses text[], p_outcomes text[], p_outputs text[], p_errors text[],
  p_waiting text[], p_delays_ms double precision[], p_dues_ms double precision[], p_wakes integer[], p_awaiting integer[], p_parents uuid[])
returns setof integer
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_keys text[];
begin
  perform 1 from wf_run r where r.id = any(p_ids || p_parents) order by r.id for no key update;

  with ended as (
    update wf_run w set
      status = i.status,
      output = i.output::jsonb,
      error = i.error::jsonb,
      waiting = case
        when i.waiting = 'event' and (w.wakes <> i.wakes or i.due_ms <= extract(epoch from clock_timestamp()) * 1000) then null else i.waiting end,
      visible_from = case when i.waiting is null then w.visible_from
        else coalesce(to_timestamp(i.due_ms / 1000), clock_timestamp() + i.delay_ms * interval '1 millisecond', 'infinity') end,
      awaiting = coalesce(i.awaiting, 0),
      attempt = w.attempt + case when i.outcome = 'RETRY' then 1 else 0 end,
      fence = w.fence + case when i.outcome = 'HANDED_BACK' then 1 else 0 end,
      finished_at = case when i.status = 'SUSPENDED' then null else clock_timestamp() end
    from unnest(p_ids, p_fences, p_statuses, p_outcomes, p_outputs, p_errors, p_waiting, p_delays_ms, p_dues_ms,
        p_wakes, p_awaiting)
      as i(id, fence, status, outcome, output, error, waiting, delay_ms, due_ms, wakes, awaiting)
    where w.id = i.id and w.fence = i.fence and w.status = 'RUNNING'
    returning w.id, i.fence, w.attempt, w.status, w.concurrency_key, w.locked_by, w.locked_version, w.claimed_at, w.error, i.outcome
  ), history as (
    insert into wf_attempt (run_id, fence, attempt, instance_id, instance_version, outcome, error, started_at, finished_at)
    select e.id, e.fence, e.attempt - case when e.outcome = 'RETRY' then 1 else 0 end,
      e.locked_by, e.locked_version, e.outcome, e.error, e.claimed_at, clock_timestamp()
    from ended e where e.status = 'SUSPENDED'
    on conflict do nothing
  )
  select array_agg(e.concurrency_key) filter (where e.concurrency_key is not null and e.status <> 'SUSPENDED')
  into v_keys from ended e;

  if cardinality(p_parents) > 0 then perform wf_wake(p_parents); end if;
  if v_keys is not null then perform wf_release_keys(v_keys); end if;

  return query
    select i.position::integer
    from unnest(p_ids, p_fences, p_outcomes) with ordinality as i(id, fence, outcome, position)
    join wf_run w on w.id = i.id and w.fence = i.fence + case when i.outcome = 'HANDED_BACK' then 1 else 0 end;
end $$;

-- Takes runs back whose owner stopped renewing. After p_take_overs_max take-overs without a newly recorded step the run is
-- FAILED: it probably kills its worker. Returns how many were freed and how many failed.
create function wf_sweep(p_limit integer, p_take_overs_max integer, out freed integer, out failed integer)
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_keys text[];
  v_parents uuid[];
begin
  with expired as (
    select r.id, r.fence, r.attempt, r.locked_by, r.locked_version, r.claimed_at,
      case when r.cancel_requested then 'CANCELLED' when r.take_overs >= p_take_overs_max then 'FAILED' else 'SUSPENDED' end as status
    from wf_run r where r.status = 'RUNNING' and r.locked_until < now()
    order by r.id limit p_limit for no key update skip locked
  ), moved as (
    update wf_run w set fence = w.fence + 1, take_overs = w.take_overs + 1, waiting = null, status = e.status,
      finished_at = case when e.status = 'SUSPENDED' then null else clock_timestamp() end,
      error = case when e.status <> 'FAILED' then null else jsonb_build_object('type', 'CrashedWorker', 'retryable', false,
        'message', format('crashed its worker: taken over %s times without a newly recorded step', w.take_overs)) end
    from expired e where w.id = e.id
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

-- Cancels a run and everything below it. What runs now is asked to stop and ends when its owner notices.
create function wf_cancel(p_id uuid) returns boolean
language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_tree uuid[];
  v_parent uuid;
  v_root uuid;
  v_keys text[];
  v_changed integer;
begin
  select r.root_id, r.parent_id into v_root, v_parent from wf_run r where r.id = p_id;
  if not found then return false; end if;
  with recursive tree as (
    select p_id as id
    union all
    select c.id from wf_run c join tree t on c.parent_id = t.id where c.root_id = v_root and c.parent_id is not null
  ) select array_agg(t.id) into v_tree from tree t;
  perform 1 from wf_run r where r.id = any(v_tree || v_parent) order by r.id for no key update;

  with cancelled as (
    update wf_run r set cancel_requested = true,
      status = case when r.status = 'RUNNING' then r.status else 'CANCELLED' end,
      waiting = null,
      finished_at = case when r.status = 'RUNNING' then null else clock_timestamp() end
    where r.id = any(v_tree) and r.status in ('CREATED', 'RUNNING', 'SUSPENDED')
    returning r.status, r.concurrency_key
  )
  select count(*), array_agg(c.concurrency_key) filter (where c.status = 'CANCELLED' and c.concurrency_key is not null)
  into v_changed, v_keys from cancelled c;
  if v_parent is not null then perform wf_wake(array[v_parent]); end if;
  if v_keys is not null then perform wf_release_keys(v_keys); end if;
  return v_changed > 0;
end $$;
