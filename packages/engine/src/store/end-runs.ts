import type { SqlExecutor } from "./database.ts";
import type { RunStatus } from "./run-row.ts";

/** How an ownership ended, as its history shows it. */
export type AttemptOutcome =
  | "COMPLETED"
  | "FAILED"
  | "CANCELLED"
  | "SUSPENDED"
  | "RETRY"
  | "HANDED_BACK"
  | "HELD"
  | "LEASE_EXPIRED"
  | "CONTINUED_AS_NEW";

/** The end of one ownership. */
export interface RunEnd {
  readonly runId: string;
  readonly fence: number;
  readonly parentId: string | null;
  readonly status: Exclude<RunStatus, "CREATED" | "RUNNING">;
  readonly outcome: AttemptOutcome;
  readonly outputJson: string | null;
  readonly errorJson: string | null;
  /** Suspended only: why it may not be claimed yet. */
  readonly waiting: "time" | "event" | null;
  /** From now until it may be claimed. */
  readonly delayMs: number | null;
  /** Or the time, in milliseconds since 1970; both null = only an event lets it go on. */
  readonly dueMs: number | null;
  /** Events the owner has seen; with another count in the database it does not sleep. */
  readonly wakes: number | null;
  /** Children and signals waited for. */
  readonly awaiting: number | null;
}

/** Ends ownerships of many runs in one statement and wakes their parents. True where the end stands. */
export async function endRuns(executor: SqlExecutor, ends: readonly RunEnd[]): Promise<boolean[]> {
  const parents = new Set<string>();
  for (const end of ends) if (end.parentId !== null && end.status !== "SUSPENDED") parents.add(end.parentId);
  const { rows } = await executor.query<{ position: number }>(
    `/* engine.endRuns */ select position from wf_end_2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as position`,
    [
      ends.map((end) => end.runId),
      ends.map((end) => end.fence),
      ends.map((end) => end.status),
      ends.map((end) => end.outcome),
      ends.map((end) => end.outputJson),
      ends.map((end) => end.errorJson),
      ends.map((end) => end.waiting),
      ends.map((end) => end.delayMs),
      ends.map((end) => end.dueMs),
      ends.map((end) => end.wakes),
      ends.map((end) => end.awaiting),
      [...parents],
    ],
  );
  const stands = ends.map(() => false);
  for (const row of rows) stands[row.position - 1] = true;
  return stands;
}

/** Ownerships kept of a run that starts over again and again. */
export const ATTEMPTS_KEPT = 100;

// Children that have ended become roots of their own with all that is below them, so retention can take them while this run
// lives on; workflows among them stay to be found by their labels. A signal is consumed when a step has received it, not when a step has waited for it in vain.
const CONTINUE = `/* engine.continueAsNew */
with recursive held as (
  select w.id, w.root_id, w.fence from wf_run w where w.id = $1 and w.fence = $2 and w.status = 'RUNNING' for no key update
), consumed as (
  delete from wf_signal g using held h
  where g.run_id = h.id and exists (
    select 1 from wf_step s where s.run_id = g.run_id and s.name = 'signal:' || g.name and s.output is not null)
), forgotten as (
  delete from wf_step s using held h where s.run_id = h.id
), trimmed as (
  delete from wf_attempt a using held h where a.run_id = h.id and a.fence < h.fence - $4::int
), below as (
  select c.id, c.id as top, c.root_id from held h
  join wf_run c on c.root_id = h.root_id and c.parent_id = h.id and c.finished_at is not null
  union all
  select c.id, b.top, c.root_id from below b join wf_run c on c.root_id = b.root_id and c.parent_id = b.id
), released as (
  update wf_run c set parent_id = nullif(c.parent_id, $1), root_id = b.top from below b where c.id = b.id
  returning c.root_id, c.kind, c.labels
), labelled as (
  insert into wf_label (name, value, root_id)
  select l.name, l.value, r.root_id from released r cross join lateral jsonb_each_text(r.labels) as l(name, value) where r.kind = 'workflow'
  on conflict do nothing
), history as (
  insert into wf_attempt (run_id, fence, attempt, instance_id, instance_version, outcome, started_at)
  select w.id, w.fence, w.attempt, w.locked_by, w.locked_version, 'CONTINUED_AS_NEW', w.claimed_at from wf_run w join held h on h.id = w.id
  on conflict do nothing
)
update wf_run w set status = 'SUSPENDED', waiting = null, generation = w.generation + 1, input = $3::jsonb, take_overs = 0
from held h where w.id = h.id`;

/** Starts a run over with a new input. False when the caller no longer owns it. */
export async function continueRunAsNew(
  executor: SqlExecutor,
  runId: string,
  fence: number,
  inputJson: string | null,
): Promise<boolean> {
  const { rowCount } = await executor.query(CONTINUE, [runId, fence, inputJson, ATTEMPTS_KEPT]);
  return rowCount > 0;
}
