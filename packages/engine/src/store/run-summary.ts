import type { SqlExecutor } from "./database.ts";
import type { RunKind, RunStatus } from "./run-row.ts";

/** A run without its documents (input, output): what lists and overviews show. Times are milliseconds since 1970. */
export interface RunSummary {
  readonly id: string;
  readonly kind: RunKind;
  readonly name: string;
  readonly queue: string;
  readonly status: RunStatus;
  /** Why a run that is not RUNNING may not be claimed yet; null = it may. */
  readonly waiting: "key" | "time" | "event" | null;
  /** Held by an operator since then. */
  readonly heldAtMs: number | null;
  readonly priority: number;
  readonly concurrencyKey: string | null;
  readonly instanceId: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly parentId: string | null;
  readonly attempt: number;
  /** RUNNING only: who owns it, in which version. */
  readonly ownerId: string | null;
  readonly ownerVersion: string | null;
  /** Message of the failure that ended it, or of the last one that is tried again. */
  readonly failure: string | null;
  readonly createdAtMs: number;
  /** Last change of its state, or of its owner. */
  readonly updatedAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
}

/** A time as clients count it; whole milliseconds, rounded down as in filters. */
export function epochMs(column: string): string {
  return `floor(extract(epoch from ${column}) * 1000)::float8`;
}

/** Columns of a summary, of `wf_run r`. */
export const SUMMARY_COLUMNS = `r.id, r.kind, r.name, r.queue, r.status, r.waiting, ${epochMs("r.held_at")} as "heldAtMs",
  r.priority::int as priority, r.concurrency_key as "concurrencyKey", r.instance_id as "instanceId", r.labels,
  r.parent_id as "parentId", r.attempt,
  case when r.status = 'RUNNING' then r.locked_by end as "ownerId",
  case when r.status = 'RUNNING' then r.locked_version end as "ownerVersion", r.error ->> 'message' as failure,
  ${epochMs("r.created_at")} as "createdAtMs",
  ${epochMs(`greatest(r.created_at, r.claimed_at, r.held_at, r.finished_at,
    (select a.finished_at from wf_attempt a where a.run_id = r.id order by a.fence desc limit 1))`)} as "updatedAtMs",
  ${epochMs("r.started_at")} as "startedAtMs", ${epochMs("r.finished_at")} as "finishedAtMs"`;

/** One run of any kind, or null. */
export async function getRunSummary(executor: SqlExecutor, id: string): Promise<RunSummary | null> {
  const { rows } = await executor.query<RunSummary>(
    `/* engine.getRunSummary */ select ${SUMMARY_COLUMNS} from wf_run r where r.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** The one run with this instance id that has not ended, or null. */
export async function getActiveInstance(executor: SqlExecutor, instanceId: string): Promise<RunSummary | null> {
  const { rows } = await executor.query<RunSummary>(
    `/* engine.getActiveInstance */ select ${SUMMARY_COLUMNS} from wf_run r
    where r.instance_id = $1 and r.status in ('CREATED', 'RUNNING', 'SUSPENDED')`,
    [instanceId],
  );
  return rows[0] ?? null;
}
