import type { SqlExecutor } from "./database.ts";

/** Keys looked at in one repair. */
const REPAIR_KEYS_MAX = 1000;

// The protocol of wf_claim_placed and wf_release_keys strands nobody; this is the net below it.
const STRANDED_KEYS = `/* engine.releaseStrandedKeys */
with parked as (
  select distinct p.concurrency_key as key from wf_run p
  where p.concurrency_key is not null and p.status = 'CREATED' and p.waiting = 'key' limit $1
), stranded as (
  select array_agg(p.key) as keys from parked p
  where not exists (select 1 from wf_run h where h.concurrency_key = p.key and h.status in ('RUNNING', 'SUSPENDED'))
    and not exists (select 1 from wf_run f where f.concurrency_key = p.key and f.status = 'CREATED' and f.waiting is null)
)
select coalesce(cardinality(s.keys), 0) as released, case when s.keys is not null then wf_release_keys(s.keys) end from stranded s`;

/** Lets runs go on that wait behind a key nobody holds. */
export async function releaseStrandedKeys(executor: SqlExecutor): Promise<number> {
  const { rows } = await executor.query<{ released: number }>(STRANDED_KEYS, [REPAIR_KEYS_MAX]);
  return rows[0]?.released ?? 0;
}

const STRANDED_PARENTS = `/* engine.wakeStrandedParents */
with stranded as (
  select array_agg(p.id) as ids from wf_run p
  where p.status = 'SUSPENDED' and p.waiting = 'event' and p.visible_from = 'infinity'
    and exists (select 1 from wf_run c where c.root_id = p.root_id and c.parent_id = p.id)
    and not exists (select 1 from wf_run c where c.root_id = p.root_id and c.parent_id = p.id
      and c.status in ('CREATED', 'RUNNING', 'SUSPENDED'))
    and not exists (select 1 from wf_attempt a where a.run_id = p.id and a.finished_at > now() - interval '1 minute')
)
select coalesce(cardinality(s.ids), 0) as woken, case when s.ids is not null then wf_wake(s.ids) end from stranded s`;

/** Wakes runs that have waited for a minute although none of their children is active. */
export async function wakeStrandedParents(executor: SqlExecutor): Promise<number> {
  const { rows } = await executor.query<{ woken: number }>(STRANDED_PARENTS);
  return rows[0]?.woken ?? 0;
}

/** How much of a queue waits to be claimed. */
export interface QueueBacklog {
  readonly kind: "workflow" | "activity";
  readonly queue: string;
  /** Counted up to `BACKLOG_MAX`. */
  readonly ready: number;
  readonly running: number;
  /** How long the one of them that has waited longest has been ready; the first of each priority are compared. */
  readonly oldestAgeMs: number;
}

/** Counting stops here. */
export const BACKLOG_MAX = 10_000;

const BACKLOGS = `/* engine.queueBacklogs */
select q.kind, q.name as queue,
  (select count(*) from (select 1 from wf_run r where r.kind = q.kind and r.queue = q.name
     and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null limit $1) x)::int as ready,
  (select count(*) from wf_run r where r.kind = q.kind and r.queue = q.name and r.status = 'RUNNING')::int as running,
  coalesce((with recursive head as (
    (select r.priority, greatest(r.created_at, r.claimed_at, case when r.visible_from <= now() then r.visible_from end) as since from wf_run r
     where r.kind = q.kind and r.queue = q.name and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null
     order by r.priority desc, r.seq limit 1)
    union all
    select n.priority, n.since from head h cross join lateral (
      select r.priority, greatest(r.created_at, r.claimed_at, case when r.visible_from <= now() then r.visible_from end) as since from wf_run r
      where r.kind = q.kind and r.queue = q.name and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null and r.priority < h.priority
      order by r.priority desc, r.seq limit 1) n
  ) select extract(epoch from now() - min(h.since))::float8 * 1000 from head h), 0) as "oldestAgeMs"
from wf_queue q order by q.kind, q.name`;

/** Backlog of every queue. */
export async function queueBacklogs(executor: SqlExecutor): Promise<QueueBacklog[]> {
  const { rows } = await executor.query<QueueBacklog>(BACKLOGS, [BACKLOG_MAX]);
  return rows;
}
