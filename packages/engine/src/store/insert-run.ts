import type { SqlExecutor } from "./database.ts";
import { toJson } from "./json.ts";

/** A run to be created at the top of a tree. */
export interface NewRun {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly input: unknown;
  readonly priority: number;
  readonly concurrencyKey: string | null;
  readonly instanceId: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly delayMs: number;
}

const INSERT = `/* engine.insertRun */
with created as (
  insert into wf_run (id, root_id, kind, name, queue, input, priority, concurrency_key, instance_id, labels, waiting, visible_from)
  values ($1, $1, 'workflow', $2, $3, $4::jsonb, $5, $6, $7, $8::jsonb,
    case when $9::float8 > 0 then 'time' end, clock_timestamp() + $9::float8 * interval '1 millisecond')
  on conflict do nothing
  returning id
), labelled as (
  insert into wf_label (name, value, root_id)
  select l.name, l.value, c.id from created c cross join lateral jsonb_each_text($8::jsonb) as l(name, value)
  on conflict do nothing
)
select id from created`;

/** Creates a run in the executor's transaction. False when the id or a non-terminal run's instance id exists; nothing aborts. */
export async function insertRun(executor: SqlExecutor, run: NewRun): Promise<boolean> {
  const { rows } = await executor.query<{ id: string }>(INSERT, [
    run.id,
    run.name,
    run.queue,
    toJson(run.input, `the input of ${run.name}`),
    run.priority,
    run.concurrencyKey,
    run.instanceId,
    toJson(run.labels, `the labels of ${run.name}`),
    run.delayMs,
  ]);
  return rows.length > 0;
}
