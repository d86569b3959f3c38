import type { SqlExecutor } from "./database.ts";
import type { Verdict } from "./record-steps.ts";
import type { RunKind } from "./run-row.ts";

/** A child to be created by the owner of its parent. Its id derives from parent and step, so a repetition creates nothing. */
export interface SpawnRequest {
  readonly runId: string;
  readonly fence: number;
  readonly childId: string;
  readonly stepName: string;
  readonly kind: RunKind;
  readonly name: string;
  readonly queue: string;
  readonly inputJson: string | null;
  readonly priority: number | null;
  readonly concurrencyKey: string | null;
  readonly instanceId: string | null;
  /** Added to the parent's labels. */
  readonly labelsJson: string | null;
  readonly delayMs: number;
  readonly retryJson: string | null;
  readonly timeoutMs: number | null;
}

// "taken": the instance id belongs to another non-terminal run, so the child was not created.
const SPAWN = `/* engine.spawnRuns */
with item as (
  select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[],
      $10::text[], $11::text[], $12::text[], $13::float8[], $14::text[], $15::float8[])
    with ordinality as i(run_id, fence, child_id, step_name, kind, name, queue, input, priority,
      concurrency_key, instance_id, labels, delay_ms, retry, timeout_ms, position)
), held as (
  select w.id, w.root_id, w.fence, w.child_fence, w.status, w.cancel_requested, w.priority, w.labels from wf_run w
  where w.id = any($1::uuid[]) order by w.id for no key update
), good as (
  select i.*, h.root_id, h.child_fence, coalesce(i.priority, h.priority) as effective_priority,
    case when i.labels is null then h.labels else coalesce(h.labels, '{}') || i.labels::jsonb end as all_labels
  from item i join held h on h.id = i.run_id and h.fence = i.fence and h.status = 'RUNNING' and not h.cancel_requested
), created as (
  insert into wf_run (id, root_id, parent_id, step_name, kind, name, queue, input, priority, concurrency_key, instance_id, labels,
    retry, timeout_ms, waiting, visible_from, fence, child_fence, created_at)
  select g.child_id, g.root_id, g.run_id, g.step_name, g.kind, g.name, g.queue, g.input::jsonb, g.effective_priority,
    g.concurrency_key, g.instance_id, g.all_labels, g.retry::jsonb, g.timeout_ms::bigint,
    case when g.delay_ms > 0 then 'time' end, clock_timestamp() + g.delay_ms * interval '1 millisecond', g.child_fence, g.child_fence,
    clock_timestamp()
  from good g order by g.position
  on conflict do nothing
  returning id
), labelled as (
  insert into wf_label (name, value, root_id)
  select l.name, l.value, g.root_id from good g cross join lateral jsonb_each_text(g.labels::jsonb) as l(name, value)
  on conflict do nothing
)
select i.position::int as position, case
  when g.run_id is null and h.cancel_requested and h.fence = i.fence then 'cancelled'
  when g.run_id is null then 'lost'
  when i.instance_id is null or c.id is not null or exists (select 1 from wf_run x where x.id = i.child_id) then 'ok'
  else 'taken' end as verdict
from item i left join good g on g.position = i.position left join held h on h.id = i.run_id left join created c on c.id = i.child_id`;

/** Creates children of many runs in one statement; answers in the order of the requests. */
export async function spawnRuns(
  executor: SqlExecutor,
  requests: readonly SpawnRequest[],
): Promise<(Verdict | "taken")[]> {
  const { rows } = await executor.query<{ position: number; verdict: Verdict | "taken" }>(SPAWN, [
    requests.map((request) => request.runId),
    requests.map((request) => request.fence),
    requests.map((request) => request.childId),
    requests.map((request) => request.stepName),
    requests.map((request) => request.kind),
    requests.map((request) => request.name),
    requests.map((request) => request.queue),
    requests.map((request) => request.inputJson),
    requests.map((request) => request.priority),
    requests.map((request) => request.concurrencyKey),
    requests.map((request) => request.instanceId),
    requests.map((request) => request.labelsJson),
    requests.map((request) => request.delayMs),
    requests.map((request) => request.retryJson),
    requests.map((request) => request.timeoutMs),
  ]);
  const verdicts: (Verdict | "taken")[] = requests.map(() => "lost");
  for (const row of rows) verdicts[row.position - 1] = row.verdict;
  return verdicts;
}
