import type { StoredError } from "../authoring/errors.ts";
import type { SqlExecutor } from "./database.ts";
import type { AttemptOutcome } from "./end-runs.ts";
import type { RunKind, RunStatus } from "./run-row.ts";

/** A run as people see it. Times are ISO strings in UTC. */
export interface RunView {
  readonly id: string;
  /** Grows with age; the cursor of lists. */
  readonly seq: number;
  readonly kind: RunKind;
  readonly name: string;
  readonly queue: string;
  readonly status: RunStatus;
  readonly waiting: "key" | "time" | "event" | null;
  readonly priority: number;
  readonly concurrencyKey: string | null;
  readonly instanceId: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly stepName: string | null;
  readonly input: unknown;
  readonly output: unknown;
  readonly error: StoredError | null;
  readonly attempt: number;
  readonly takeOvers: number;
  readonly generation: number;
  readonly cancelRequested: boolean;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** One ownership of a run: who had it, in which version, and how it ended (null: still going on). */
export interface AttemptView {
  readonly fence: number;
  readonly attempt: number;
  readonly instanceId: string | null;
  readonly instanceVersion: string | null;
  readonly outcome: AttemptOutcome | null;
  readonly error: StoredError | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** A recorded step. `fence` tells the attempt that recorded it. */
export interface StepView {
  readonly name: string;
  readonly output: unknown;
  readonly error: StoredError | null;
  readonly attempt: number;
  readonly fence: number;
  readonly startedAt: string | null;
  readonly finishedAt: string;
}

/** What a list of runs is narrowed to. */
export interface RunFilter {
  readonly name?: string;
  readonly status?: RunStatus;
  readonly labels?: Readonly<Record<string, string>>;
  /** Only runs below this one. */
  readonly rootId?: string;
  /** The `seq` of the last run of the page before. */
  readonly cursor?: number;
  readonly limit: number;
}

/** Most runs one list returns. */
export const RUN_LIST_MAX = 500;

function iso(column: string, alias: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "${alias}"`;
}

const RUN_COLUMNS = `r.id, r.seq::float8 as seq, r.kind, r.name, r.queue, r.status, r.waiting, r.priority::int as priority,
  r.concurrency_key as "concurrencyKey", r.instance_id as "instanceId", r.labels, r.root_id as "rootId", r.parent_id as "parentId",
  r.step_name as "stepName", r.input, r.output, r.error, r.attempt, r.take_overs as "takeOvers", r.generation,
  r.cancel_requested as "cancelRequested",
  ${iso("r.created_at", "createdAt")}, ${iso("r.started_at", "startedAt")}, ${iso("r.finished_at", "finishedAt")}`;

/** One run, or null. */
export async function getRun(executor: SqlExecutor, id: string): Promise<RunView | null> {
  const { rows } = await executor.query<RunView>(
    `/* engine.getRun */ select ${RUN_COLUMNS} from wf_run r where r.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** Runs, newest first. Labels are looked up by tree, then compared with the run's own. */
export async function listRuns(executor: SqlExecutor, filter: RunFilter): Promise<RunView[]> {
  const labels = filter.labels && Object.keys(filter.labels).length > 0 ? JSON.stringify(filter.labels) : null;
  const { rows } = await executor.query<RunView>(
    `/* engine.listRuns */
    select ${RUN_COLUMNS} from wf_run r
    where ($1::text is null or r.name = $1) and ($2::text is null or r.status = $2)
      and ($3::jsonb is null or (r.labels @> $3::jsonb and r.root_id in (
        select l.root_id from wf_label l join jsonb_each_text($3::jsonb) as f(name, value) on l.name = f.name and l.value = f.value)))
      and ($4::uuid is null or (r.root_id = $4 and r.parent_id is not null))
      and ($5::bigint is null or (- r.seq) > (- $5::bigint))
    order by (- r.seq) limit $6`,
    [
      filter.name ?? null,
      filter.status ?? null,
      labels,
      filter.rootId ?? null,
      filter.cursor ?? null,
      Math.min(filter.limit, RUN_LIST_MAX),
    ],
  );
  return rows;
}

/** A run's recorded steps in the order they were recorded. */
export async function getSteps(executor: SqlExecutor, runId: string): Promise<StepView[]> {
  const { rows } = await executor.query<StepView>(
    `/* engine.getSteps */
    select s.name, s.output, s.error, s.attempt, s.fence, ${iso("s.started_at", "startedAt")}, ${iso("s.finished_at", "finishedAt")}
    from wf_step s where s.run_id = $1 order by s.finished_at, s.name`,
    [runId],
  );
  return rows;
}

/** A run's ownerships, oldest first; the last one stands in the run's own row. */
export async function getAttempts(executor: SqlExecutor, runId: string): Promise<AttemptView[]> {
  const { rows } = await executor.query<AttemptView>(
    `/* engine.getAttempts */
    select a.fence, a.attempt, a.instance_id as "instanceId", a.instance_version as "instanceVersion", a.outcome, a.error,
      ${iso("a.started_at", "startedAt")}, ${iso("a.finished_at", "finishedAt")}
    from wf_attempt a where a.run_id = $1
    union all
    select r.fence, r.attempt, r.locked_by, r.locked_version, case when r.status <> 'RUNNING' then r.status end, r.error,
      ${iso("r.claimed_at", "startedAt")}, ${iso("r.finished_at", "finishedAt")}
    from wf_run r where r.id = $1 and (r.status = 'RUNNING' or r.finished_at is not null) and r.claimed_at is not null
      and not exists (select 1 from wf_attempt a where a.run_id = r.id and a.started_at = r.claimed_at)
    order by fence`,
    [runId],
  );
  return rows;
}

// Children have their root's labels; while any run of the tree is active, the label is.
const FIND_ACTIVE = `/* engine.findActiveByLabel */
select exists (
  select 1 from wf_label l
  where l.name = $1 and l.value = $2 and (
    exists (select 1 from wf_run r where r.id = l.root_id and r.status in ('CREATED', 'RUNNING', 'SUSPENDED'))
    or exists (select 1 from wf_run c where c.root_id = l.root_id and c.parent_id is not null
      and c.status in ('CREATED', 'RUNNING', 'SUSPENDED')))
) as active`;

/** Whether any run of a tree with this label is not terminal. */
export async function findActiveByLabel(executor: SqlExecutor, label: string, value: string): Promise<boolean> {
  const { rows } = await executor.query<{ active: boolean }>(FIND_ACTIVE, [label, value]);
  return rows[0]?.active ?? false;
}
