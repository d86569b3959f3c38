-- phase: expand
-- reviewed: new functions only. The release before calls wf_claim beside them: keys, capacities and order are the same rows.

-- The next priority below p_below that has runs to claim, and the seq above which they are looked for. p_floors says, by
-- priority, up to which seq runs have been taken, so that dead index entries below it are not walked; such a priority is
-- named without a look. Every scan begins inside the index at what it wants: between two floors there is nothing to skip.
create function wf_next_level(p_kind text, p_queue text, p_below integer, p_floors jsonb, out level integer, out after_seq bigint)
language plpgsql volatile set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_floored integer := -1;
begin
  if p_floors <> '{}' then
    select coalesce(max(k.key::integer), -1) into v_floored from jsonb_object_keys(p_floors) as k(key) where k.key::integer < p_below;
  end if;
  select r.priority, 0 into level, after_seq from wf_run r
  where r.kind = p_kind and r.queue = p_queue and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
    and r.priority < p_below and r.priority > v_floored
  order by r.priority desc, r.seq limit 1;
  if level is null and v_floored >= 0 then
    level := v_floored;
    after_seq := (p_floors ->> v_floored::text)::bigint;
  end if;
end $$;

-- Runs that have waited longer than p_after_ms, the longest-waiting first, whatever their priority; none while all that wait
-- are of one priority, for then they go on in order of age anyway. The first p_heads_max of each priority are compared. A
-- resumed run waits since it last ran, at the earliest: a run that goes on and on does not take the turn of others.
create function wf_longest_waiting(p_kind text, p_queue text, p_names text[], p_floors jsonb, p_lowest integer, p_limit integer,
  p_after_ms integer, p_heads_max integer) returns uuid[]
language plpgsql volatile set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_level integer := 32767;
  v_after bigint;
  v_levels integer[] := '{}';
  v_afters bigint[] := '{}';
  v_ids uuid[] := '{}';
  v_since timestamptz[] := '{}';
begin
  loop
    select n.level, n.after_seq into v_level, v_after from wf_next_level(p_kind, p_queue, v_level, p_floors) n;
    exit when v_level is null or v_level < p_lowest;
    v_levels := v_levels || v_level;
    v_afters := v_afters || v_after;
  end loop;
  if cardinality(v_levels) < 2 then return null; end if;

  for n in 1 .. cardinality(v_levels) loop
    v_level := v_levels[n];
    v_after := v_afters[n];
    select v_ids || array_agg(h.id), v_since || array_agg(h.since) into v_ids, v_since
    from (
      select r.id, greatest(r.created_at, r.claimed_at, case when r.visible_from <= clock_timestamp() then r.visible_from end) as since
      from wf_run r
      where r.kind = p_kind and r.queue = p_queue and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
        and r.priority = v_level and r.seq > v_after and r.name = any(p_names)
      order by r.seq limit p_heads_max) h
    where h.since < clock_timestamp() - p_after_ms * interval '1 millisecond';
  end loop;
  return (select array_agg(o.id) from (
    select w.id from unnest(v_ids, v_since) as w(id, since) order by w.since limit p_limit) o);
end $$;

-- Hands out up to p_limit runs of one queue, as wf_claim does (its comments hold here too), and besides
--   keeps head-room: runs of a priority below p_batch_below come at most p_batch_limit at a time, and only while the cluster
--   runs fewer of them than p_batch_share of the queue's capacity; one place stays free for others where there are two;
--   ages: the first p_aged_limit go to those that have waited longest, if longer than p_aged_after_ms.
-- aged tells which those were. The last row carries no run but how many rows were looked at.
create function wf_claim_fairly(p_kind text, p_queue text, p_names text[], p_limit integer, p_examined_max integer,
  p_owner text, p_version text, p_lease_ms integer, p_floors jsonb,
  p_batch_below integer, p_batch_limit integer, p_batch_share double precision, p_aged_limit integer, p_aged_after_ms integer)
returns table (claimed wf_run, aged boolean, examined integer)
language plpgsql volatile set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_capacity integer;
  v_room integer;
  v_batch_room integer;
  v_asked integer;
  v_found integer;
  v_keyed boolean;
  v_examined integer := 0;
  v_level integer := 32767;
  v_walking boolean := false;
  v_aging boolean := p_aged_limit > 0;
  v_aged boolean;
  v_seq bigint;
  v_ids uuid[];
  v_batch uuid[];
  v_behind uuid[];
  v_blockers uuid[];
  v_locked uuid[];
begin
  -- An idle or full queue is left without a write.
  loop
    select n.level, n.after_seq into v_level, v_seq from wf_next_level(p_kind, p_queue, v_level, p_floors) n;
    if v_level is null or (v_level < p_batch_below and p_batch_limit <= 0) then return; end if;
    perform 1 from wf_run r
    where r.kind = p_kind and r.queue = p_queue and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
      and r.priority = v_level and r.seq > v_seq and r.name = any(p_names)
    order by r.seq limit 1;
    exit when found;
  end loop;
  v_level := 32767;

  select q.capacity into v_capacity from wf_queue q
  where q.kind = p_kind and q.name = p_queue and q.status = 'ACTIVE' for no key update;
  if not found then return; end if;

  select least(p_limit, v_capacity - count(*)),
    least(p_batch_limit, greatest(1, least(v_capacity - 1, floor(v_capacity * p_batch_share))) - count(*) filter (where r.priority < p_batch_below))
  into v_room, v_batch_room from wf_run r
  where r.kind = p_kind and r.queue = p_queue and r.status = 'RUNNING' and r.locked_until > now();

  while v_room > 0 and v_examined < p_examined_max loop
    v_aged := v_aging;
    if v_aged then
      v_aging := false;
      v_asked := least(v_room, p_aged_limit, case when v_batch_room > 0 then v_batch_room else p_aged_limit end);
      v_ids := wf_longest_waiting(p_kind, p_queue, p_names, p_floors, case when v_batch_room > 0 then 0 else p_batch_below end,
        v_asked, p_aged_after_ms, v_asked + 20);
      continue when v_ids is null;
      select array_agg(c.id), array_agg(c.id) filter (where c.priority < p_batch_below), count(*), bool_or(c.keyed)
      into v_ids, v_batch, v_found, v_keyed
      from (
        select r.id, r.priority, r.status = 'CREATED' and r.concurrency_key is not null as keyed from wf_run r
        where r.id = any(v_ids) and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
        for no key update skip locked) c;
    else
      if not v_walking then
        select n.level, n.after_seq into v_level, v_seq from wf_next_level(p_kind, p_queue, v_level, p_floors) n;
        exit when v_level is null;
        v_walking := true;
      end if;
      exit when v_level < p_batch_below and v_batch_room <= 0;
      v_asked := least(v_room, p_examined_max - v_examined, case when v_level < p_batch_below then v_batch_room else v_room end);
      select array_agg(c.id), count(*), max(c.seq), bool_or(c.keyed) into v_ids, v_found, v_seq, v_keyed
      from (
        select r.id, r.seq, r.status = 'CREATED' and r.concurrency_key is not null as keyed from wf_run r
        where r.kind = p_kind and r.queue = p_queue and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
          and r.priority = v_level and r.seq > v_seq and r.name = any(p_names)
        order by r.seq limit v_asked
        for no key update skip locked) c;
      v_walking := v_found = v_asked;
      v_batch := case when v_level < p_batch_below then v_ids end;
    end if;
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
      returning w, v_aged, 0;
    v_room := v_room - (v_found - cardinality(v_behind));
    if v_batch is not null then
      select v_batch_room - count(*) into v_batch_room from unnest(v_batch) as b(id) where b.id <> all(v_behind);
    end if;

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
  return query select null::wf_run, false, v_examined;
end $$;
