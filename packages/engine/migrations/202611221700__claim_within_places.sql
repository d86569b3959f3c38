-- phase: expand
-- reviewed: a new table and new functions only. The release before calls wf_claim_fairly beside them, which counts the runs of both.

-- How many runs of a queue each worker of the cluster may hold at once; of them batch_places batch work. Written with each beat,
-- good for two leases; a row of a worker that died ends by itself, and later than the leases of its runs.
create table wf_worker (
  kind text not null,
  queue text not null,
  owner text not null,
  places integer not null check (places > 0),
  batch_places integer not null check (batch_places > 0),
  live_until timestamptz not null,
  primary key (kind, queue, owner)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);

-- How many runs one claim may take of a queue, batch work among them, while the claimant holds the row of the queue. Where
-- all workers' places together fit the queue's capacity nothing needs to be counted: the claimant takes no more than its free
-- places. Otherwise the runs that are running are counted, and under an old snapshot that means walking the index entries
-- of everything that ended within one lease. A claimant whose own places are not known for the length of its lease counts.
create function wf_room(p_kind text, p_queue text, p_owner text, p_lease_ms integer, p_capacity integer, p_limit integer,
  p_batch_below integer, p_batch_limit integer, p_batch_share double precision, out places integer, out batch_places integer)
language plpgsql volatile set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_batch_capacity integer := greatest(1, least(p_capacity - 1, floor(p_capacity * p_batch_share)));
  v_running bigint;
  v_batch bigint;
begin
  perform 1 from wf_worker w
  where w.kind = p_kind and w.queue = p_queue and w.live_until > now()
  having sum(w.places) <= p_capacity and sum(w.batch_places) <= v_batch_capacity
    and bool_or(w.owner = p_owner and w.live_until > now() + p_lease_ms * interval '1 millisecond');
  if found then
    places := p_limit;
    batch_places := p_batch_limit;
    return;
  end if;
  select count(*), count(*) filter (where r.priority < p_batch_below) into v_running, v_batch from wf_run r
  where r.kind = p_kind and r.queue = p_queue and r.status = 'RUNNING' and r.locked_until > now();
  places := least(p_limit, p_capacity - v_running);
  batch_places := least(p_batch_limit, v_batch_capacity - v_batch);
end $$;

-- Hands out up to p_limit runs of one queue, in the order and with the head-room and aging of wf_claim_fairly (its comments hold
-- here too); how many it may hand out says wf_room.
create function wf_claim_placed(p_kind text, p_queue text, p_names text[], p_limit integer, p_examined_max integer,
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

  select r.places, r.batch_places into v_room, v_batch_room
  from wf_room(p_kind, p_queue, p_owner, p_lease_ms, v_capacity, p_limit, p_batch_below, p_batch_limit, p_batch_share) r;

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
