/**
 * The history of one run, made from what the engine keeps: its row, its recorded steps, its ownerships, its children and
 * signals. All of them are stamped by the database's clock while the run's row is locked, so a later event never has an
 * earlier time: numbers stay, and a reader may ask for what came after the last number it saw. Only what forgets records
 * – a retry from a step, continuing as new – lets the numbers begin anew from there.
 */
import type { StoredError } from "../authoring/errors.ts";
import type { SqlExecutor } from "./database.ts";
import type { AttemptOutcome } from "./end-runs.ts";
import type { RunKind, RunStatus } from "./run-row.ts";
import { epochMs } from "./run-summary.ts";

/** What happened to a run. */
export type RunEventType =
  | "runCreated"
  | "runStarted"
  | "runSuspended"
  | "runResumed"
  | "runCanceled"
  | "runCompleted"
  | "childCreated"
  | "childEnded"
  | "timerCreated"
  | "timerElapsed"
  | "sideEffectExecuted"
  | "externalEventReceived";

/** One event. Members that say nothing about its type are null. */
export interface RunEvent {
  /** From 1. */
  readonly number: number;
  readonly type: RunEventType;
  readonly atMs: number;
  /** Of the event that began what this one ends. */
  readonly beganWith: number | null;
  /** Name of the step, timer, signal, workflow or activity. */
  readonly name: string | null;
  /** Input, output or payload. Instead of one above `DOCUMENT_SHOWN_MAX_BYTES` its size stands there. */
  readonly document: unknown;
  readonly error: Omit<StoredError, "stack"> | null;
  /** Events of ownership: who had the run, in which version, and how it ended. */
  readonly instanceId: string | null;
  readonly instanceVersion: string | null;
  readonly outcome: AttemptOutcome | null;
  readonly attempt: number | null;
  /** Timers. */
  readonly elapseAtMs: number | null;
  readonly child: EventChild | null;
}

/** A run started by the run whose events these are. */
export interface EventChild {
  readonly id: string;
  readonly kind: RunKind;
  readonly stepName: string | null;
  readonly queue: string;
  readonly priority: number;
  readonly concurrencyKey: string | null;
  /** How it ended; null in the event of its start. */
  readonly status: RunStatus | null;
}

/** Which events of a run: numbered after `from`, and beyond `after` in the direction of the list. */
export interface RunEventsQuery {
  readonly from: number;
  readonly after: number | null;
  readonly descending: boolean;
  readonly limit: number;
}

/** Part of a run's events. */
export interface RunEventPage {
  readonly events: RunEvent[];
  /** Whether there are more in this direction. */
  readonly more: boolean;
  /** How many there are after `from`. */
  readonly total: number;
}

/** Larger inputs and outputs are named with their size instead of being shown. */
export const DOCUMENT_SHOWN_MAX_BYTES = 8192;
/** Most events per page. */
export const EVENT_PAGE_MAX = 1000;
/** A timer counts as elapsed so long after its time, or with the next thing that happens to the run. */
const TIMER_SETTLED_MS = 1000;

// Sorted by time; rank orders what happened in one instant. Documents are read for the events of the page only.
const EVENTS = `/* engine.listRunEvents */
with run as (
  select r.id, r.root_id, r.name, r.status, r.fence, r.attempt, r.locked_by, r.locked_version, r.created_at, r.claimed_at, r.finished_at
  from wf_run r where r.id = $1
), step as (
  select s.name, s.finished_at, s.attempt, s.output is null as is_empty, t.timer,
    case when t.timer is not null and s.output #>> '{}' ~ '^[0-9]{4}-' then (s.output #>> '{}')::timestamptz end as elapses_at
  from wf_step s cross join lateral (select substring(s.name from '^(?:sleep|signal-deadline):(.*)') as timer) t
  where s.run_id = $1
), ownership as (
  select a.fence, a.started_at, a.finished_at, a.outcome, a.attempt, a.instance_id, a.instance_version from wf_attempt a where a.run_id = $1
  union all
  select r.fence, r.claimed_at, null, null, r.attempt, r.locked_by, r.locked_version from run r
  where r.claimed_at is not null and not exists (select 1 from wf_attempt a where a.run_id = $1 and a.started_at = r.claimed_at)
), child as (
  select c.id, c.name, c.attempt, c.locked_by, c.locked_version, c.created_at, c.finished_at
  from run r join wf_run c on c.root_id = r.root_id and c.parent_id = r.id
), happened(type, at, rank, ref, name, instance_id, instance_version, outcome, attempt, elapses_at) as (
  select 'runCreated', r.created_at, 0, null, r.name, null, null, null, null::int, null::timestamptz from run r
  union all
  select case when o.fence = min(o.fence) over () then 'runStarted' else 'runResumed' end, o.started_at, 1, o.fence::text, null,
    o.instance_id, o.instance_version, null, o.attempt, null from ownership o where o.started_at is not null
  union all
  select 'runSuspended', least(o.finished_at, r.finished_at), 8, o.fence::text, null, o.instance_id, o.instance_version, o.outcome, o.attempt, null
  from ownership o cross join run r where o.outcome is not null
  union all
  select case when s.timer is null then 'sideEffectExecuted' else 'timerCreated' end, s.finished_at, 4, s.name, coalesce(s.timer, s.name),
    null, null, null, s.attempt, s.elapses_at from step s where s.name not like 'signal:%'
  union all
  select 'externalEventReceived', g.created_at, 3, g.name, g.name, null, null, null, null, null from wf_signal g where g.run_id = $1
  union all
  select 'childCreated', c.created_at, 5, c.id::text, c.name, null, null, null, null, null from child c
  union all
  select 'childEnded', c.finished_at, 6, c.id::text, c.name, c.locked_by, c.locked_version, null, c.attempt, null
  from child c where c.finished_at is not null
  union all
  select case when r.status = 'CANCELLED' then 'runCanceled' else 'runCompleted' end, r.finished_at, 9, null, null,
    o.instance_id, o.instance_version, r.status, o.attempt, null
  from run r left join ownership o on o.outcome is null where r.finished_at is not null
), event as (
  select h.* from happened h
  union all
  select 'timerElapsed', s.elapses_at, 2, s.name, s.timer, null, null, null, null, s.elapses_at from step s cross join run r
  where (s.elapses_at < now() - ${TIMER_SETTLED_MS} * interval '1 millisecond' or s.elapses_at <= (select max(h.at) from happened h))
    and (r.finished_at is null or s.elapses_at <= r.finished_at)
    and not exists (select 1 from step d where s.name = 'signal-deadline:' || s.timer and d.name = 'signal:' || s.timer and not d.is_empty)
), numbered as (
  select e.*, row_number() over (order by e.type <> 'runCreated', e.at, e.rank, e.ref collate "C")::int as number from event e
), page as (
  select n.*, case n.type when 'childEnded' then 'childCreated' when 'timerElapsed' then 'timerCreated' end as began_as from numbered n
  where n.number > $2::int and ($3::int is null or case when $4::boolean then n.number < $3 else n.number > $3 end)
  order by case when $4 then - n.number else n.number end limit $5::int
)
select p.number, p.type, ${epochMs("p.at")} as "atMs", p.name, p.instance_id as "instanceId", p.instance_version as "instanceVersion",
  p.outcome, p.attempt, ${epochMs("p.elapses_at")} as "elapseAtMs",
  (select b.number from numbered b where b.type = p.began_as and b.ref = p.ref) as "beganWith",
  ${shown("d.document")} as document, d.error - 'stack' as error,
  case when c.id is not null then jsonb_build_object('id', c.id, 'kind', c.kind, 'stepName', c.step_name, 'queue', c.queue,
    'priority', c.priority, 'concurrencyKey', c.concurrency_key, 'status', case when p.type = 'childEnded' then c.status end) end as child,
  (select count(*)::int from numbered n where n.number > $2) as total
from page p
left join wf_run c on c.id = case when p.type in ('childCreated', 'childEnded') then p.ref::uuid end
cross join lateral (select
  case p.type
    when 'runCreated' then (select x.input from wf_run x where x.id = $1)
    when 'runCompleted' then (select x.output from wf_run x where x.id = $1)
    when 'childCreated' then c.input
    when 'childEnded' then c.output
    when 'sideEffectExecuted' then (select x.output from wf_step x where x.run_id = $1 and x.name = p.ref)
    when 'externalEventReceived' then (select x.payload from wf_signal x where x.run_id = $1 and x.name = p.ref) end as document,
  case p.type
    when 'runCompleted' then (select x.error from wf_run x where x.id = $1)
    when 'runSuspended' then (select x.error from wf_attempt x where x.run_id = $1 and x.fence = p.ref::int)
    when 'childEnded' then c.error
    when 'sideEffectExecuted' then (select x.error from wf_step x where x.run_id = $1 and x.name = p.ref) end as error
  ) d
order by case when $4 then - p.number else p.number end`;

/** The size as stored is looked at first: a large document need not be unpacked only to be left out. */
function shown(document: string): string {
  return `case when pg_column_size(${document}) > ${DOCUMENT_SHOWN_MAX_BYTES} or octet_length(${document}::text) > ${DOCUMENT_SHOWN_MAX_BYTES}
    then jsonb_build_object('omitted', true, 'storedBytes', pg_column_size(${document})) else ${document} end`;
}

/** One page of a run's events; none for an unknown run. */
export async function listRunEvents(
  executor: SqlExecutor,
  runId: string,
  query: RunEventsQuery,
): Promise<RunEventPage> {
  const limit = Math.min(query.limit, EVENT_PAGE_MAX);
  const { from, after, descending } = query;
  const { rows } = await executor.query<RunEvent & { total: number }>(EVENTS, [
    runId,
    from,
    after,
    descending,
    limit + 1,
  ]);
  const events = rows.slice(0, limit).map(({ total: _total, ...event }) => event);
  return { events, more: rows.length > limit, total: rows[0]?.total ?? 0 };
}
