-- phase: expand
-- reviewed: a new function only. The release before calls wf_end beside it; both write the same.

-- Ends attempts as wf_end does (its comments hold here too), and always finds the runs by their ids. With the state as a plain
-- condition the planner sometimes took the index of what is running, and under an old snapshot that means walking the entries of
-- everything that ended since; as a case it is no condition an index could serve.
create function wf_end_2(p_ids uuid[], p_fences integer[], p_statuses text[], p_outcomes text[], p_outputs text[], p_errors text[],
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
    where w.id = i.id and w.fence = i.fence and case w.status when 'RUNNING' then true end
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
