import type { SqlExecutor } from "./database.ts";

/** A finished step to be recorded for its owner. */
export interface StepRecord {
  readonly runId: string;
  readonly fence: number;
  readonly name: string;
  readonly outputJson: string | null;
  readonly errorJson: string | null;
  readonly attempt: number;
  readonly startedAtMs: number;
  /** Set: the output is the database's time plus this, as an ISO string. */
  readonly clockPlusMs: number | null;
}

/** What became of one buffered write. */
export type Verdict = "ok" | "cancelled" | "lost";

/** A verdict, with the output where the database computed it. */
export interface StepVerdict {
  readonly verdict: Verdict;
  readonly output: unknown;
}

// Owners' rows are locked in id order and the fence is checked on the locked version: a join that only reads the fence
// would let the row of a stale owner land. A row that exists already was written by the same owner (an unanswered flush).
// The time is taken under the lock, also in a long domain transaction: what is recorded later never has an earlier time.
const RECORD = `/* engine.recordSteps */
with item as (
  select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::int[], $7::float8[], $8::float8[])
    with ordinality as i(run_id, fence, name, output, error, attempt, started_ms, clock_plus_ms, position)
), held as (
  select w.id, w.fence, w.status, w.cancel_requested, w.take_overs from wf_run w
  where w.id = any($1::uuid[]) order by w.id for no key update
), good as (
  select i.*, case when i.clock_plus_ms is null then i.output::jsonb
    else to_jsonb(clock_timestamp() + i.clock_plus_ms * interval '1 millisecond') end as document
  from item i join held h on h.id = i.run_id and h.fence = i.fence and h.status = 'RUNNING' and not h.cancel_requested
), recorded as (
  insert into wf_step (run_id, name, output, error, attempt, fence, started_at, finished_at)
  select g.run_id, g.name, g.document, g.error::jsonb, g.attempt, g.fence, to_timestamp(g.started_ms / 1000), clock_timestamp()
  from good g
  on conflict do nothing
), progressed as (
  update wf_run w set take_overs = 0 where w.id in (select g.run_id from good g join held h on h.id = g.run_id where h.take_overs > 0)
)
select i.position::int as position,
  case when g.run_id is not null then 'ok' when h.cancel_requested and h.fence = i.fence then 'cancelled' else 'lost' end as verdict,
  case when i.clock_plus_ms is not null then g.document end as output
from item i left join good g on g.position = i.position left join held h on h.id = i.run_id`;

/** Records steps of many runs in one statement; answers in the order of the records. */
export async function recordSteps(executor: SqlExecutor, records: readonly StepRecord[]): Promise<StepVerdict[]> {
  const { rows } = await executor.query<StepVerdict & { position: number }>(RECORD, [
    records.map((record) => record.runId),
    records.map((record) => record.fence),
    records.map((record) => record.name),
    records.map((record) => record.outputJson),
    records.map((record) => record.errorJson),
    records.map((record) => record.attempt),
    records.map((record) => record.startedAtMs),
    records.map((record) => record.clockPlusMs),
  ]);
  const verdicts: StepVerdict[] = records.map(() => ({ verdict: "lost", output: null }));
  for (const row of rows) verdicts[row.position - 1] = row;
  return verdicts;
}
