/**
 * A recorded history: what the engine's tables kept of one run and everything below it, in the order in which it happened.
 *
 *   RecordedRun   one row of wf_run with what it did: `did` holds its steps (wf_step) and the runs it started
 *   stagesOf      the same as a line of stages: a run was created, a step was recorded, a run ended
 *   restore       writes what was there after so many stages, as if the process had died right then
 *   readHistory   the way back: the tree as it stands in a database
 */
import type { SqlExecutor } from "../../src/platform/db/index.ts";

/** A failure without its stack, which names files of one machine. */
interface RecordedError {
  message: string;
  type: string;
  retryable: boolean;
}

export interface RecordedStep {
  step: string;
  output: unknown;
  error: RecordedError | null;
}

export interface RecordedRun {
  id: string;
  kind: "workflow" | "activity";
  name: string;
  /** Under which name the run above started it; null at the top. */
  key: string | null;
  queue: string;
  priority: number;
  concurrencyKey: string | null;
  instanceId: string | null;
  labels: Record<string, string> | null;
  input: unknown;
  retry: unknown;
  timeoutMs: number | null;
  did: (RecordedStep | RecordedRun)[];
  status: string;
  output: unknown;
  error: RecordedError | null;
}

export interface History {
  release: string;
  /** What has to be in the database before the run: `scenarios.ts` knows. */
  scenario: string;
  run: RecordedRun;
}

/** One thing that was committed. */
export interface Stage {
  kind: "created" | "step" | "ended";
  run: RecordedRun;
  parent: RecordedRun | null;
  step: RecordedStep | null;
}

/** Everything that was committed, in order: the top run's creation first, its end last. */
export function stagesOf(run: RecordedRun, parent: RecordedRun | null = null): Stage[] {
  const during = run.did.flatMap((one): Stage[] =>
    "step" in one ? [{ kind: "step", run, parent, step: one }] : stagesOf(one, run),
  );
  return [{ kind: "created", run, parent, step: null }, ...during, { kind: "ended", run, parent, step: null }];
}

/** Names a stage for people. */
export function describeStage({ kind, run, step }: Stage): string {
  return kind === "step" ? `step "${step?.step}" of ${run.kind} ${run.name}` : `${run.kind} ${run.name} ${kind}`;
}

/** Everything below a run by the way to it: "import-bom / import-bom / replace-inventory". */
export function namesIn(run: RecordedRun, path = run.name): string[] {
  return run.did.flatMap((one) =>
    "step" in one ? [`${path} / ${one.step}`] : [`${path} / ${one.key}`, ...namesIn(one, `${path} / ${one.key}`)],
  );
}

/** In the place of the instance that owned a restored run: another name there means that somebody claimed it again. */
const RECORDER = "recorded";

/** Steps carry fence 0, which no owner ever has. Runs that had begun carry 1: with 0 the engine looks for no history. */
export async function restore(executor: SqlExecutor, stages: readonly Stage[]): Promise<void> {
  const root = stages[0]?.run;
  if (root === undefined) throw new Error("a history begins with the creation of its run");
  const ended = new Set(stages.filter(({ kind }) => kind === "ended").map(({ run }) => run));
  const runs = stages.filter(({ kind }) => kind === "created");
  for (const { run, parent } of runs) {
    const children = runs.filter((other) => other.parent === run);
    const waits = children.some((child) => !ended.has(child.run));
    const begun = children.length > 0 || stages.some(({ kind, run: owner }) => kind === "step" && owner === run);
    const state = ended.has(run) ? "ended" : waits ? "waiting" : begun ? "begun" : "new";
    await insertRun(executor, { run, rootId: root.id, parentId: parent?.id ?? null, state });
  }
  for (const { kind, run, step } of stages) {
    if (kind !== "step" || step === null) continue;
    const values = [run.id, step.step, json(step.output), json(step.error)];
    await executor.query("insert into wf_step (run_id, name, output, error, fence) values ($1, $2, $3, $4, 0)", values);
  }
}

interface RestoredRun {
  run: RecordedRun;
  rootId: string;
  parentId: string | null;
  state: "new" | "begun" | "waiting" | "ended";
}

async function insertRun(executor: SqlExecutor, { run, rootId, parentId, state }: RestoredRun): Promise<void> {
  const over = state === "ended";
  const status = over ? run.status : state === "new" ? "CREATED" : "SUSPENDED";
  await executor.query(
    `insert into wf_run (id, root_id, parent_id, kind, name, queue, step_name, priority, concurrency_key, instance_id, labels,
       input, retry, timeout_ms, status, output, error, waiting, awaiting, visible_from, finished_at, fence, locked_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
       case when $18 then 'event' end, case when $18 then 1 else 0 end,
       case when $18 then 'infinity' else now() end, case when $19 then now() end, $20, $21)`,
    [
      ...[run.id, rootId, parentId, run.kind, run.name, run.queue, run.key, run.priority],
      ...[run.concurrencyKey, run.instanceId, json(run.labels), json(run.input), json(run.retry), run.timeoutMs],
      ...[status, over ? json(run.output) : null, over ? json(run.error) : null, state === "waiting", over],
      ...(state === "new" ? [0, null] : [1, RECORDER]),
    ],
  );
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

type RunRow = Omit<RecordedRun, "did"> & { parentId: string | null; owner: string | null; atMs: number };
type StepRow = RecordedStep & { runId: string; fence: number; atMs: number };

/** The tree of a run, and what of it is as `restore` left it: ids of ended runs, and "id step" of steps. */
export async function readHistory(
  executor: SqlExecutor,
  rootId: string,
): Promise<{ run: RecordedRun; untouched: Set<string> }> {
  const { rows: runs } = await executor.query<RunRow>(
    `select id, parent_id as "parentId", kind, name, step_name as key, queue, priority, concurrency_key as "concurrencyKey",
       instance_id as "instanceId", labels, input, retry, timeout_ms::int as "timeoutMs", status, output,
       error - 'stack' as error, locked_by as owner, extract(epoch from created_at)::float8 as "atMs"
     from wf_run where root_id = $1 order by seq`,
    [rootId],
  );
  const { rows: steps } = await executor.query<StepRow>(
    `select run_id as "runId", name as step, output, error - 'stack' as error, fence,
       extract(epoch from finished_at)::float8 as "atMs"
     from wf_step where run_id = any($1::uuid[]) order by finished_at`,
    [runs.map(({ id }) => id)],
  );
  const root = runs.find(({ id }) => id === rootId);
  if (root === undefined) throw new Error(`there is no run ${rootId}`);
  const untouched = new Set(runs.filter(({ owner }) => owner === RECORDER).map(({ id }) => id));
  for (const { runId, step, fence } of steps) if (fence === 0) untouched.add(`${runId} ${step}`);
  return { run: treeOf(root, runs, steps), untouched };
}

function treeOf(row: RunRow, runs: readonly RunRow[], steps: readonly StepRow[]): RecordedRun {
  const own = steps
    .filter(({ runId }) => runId === row.id)
    .map(({ step, output, error, atMs }) => ({ atMs, did: { step, output, error } }));
  const started = runs
    .filter(({ parentId }) => parentId === row.id)
    .map((child) => ({ atMs: child.atMs, did: treeOf(child, runs, steps) }));
  const did = [...own, ...started].sort((a, b) => a.atMs - b.atMs).map((one) => one.did);
  const { parentId: _parent, owner: _owner, atMs: _at, status, output, error, ...start } = row;
  return { ...start, did, status, output, error };
}
