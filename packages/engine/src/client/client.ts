import type { StartOptions } from "../authoring/context.ts";
import type { WorkflowRef } from "../authoring/workflow.ts";
import { activeAmong } from "../store/active-among.ts";
import { retryConflicts } from "../store/conflicts.ts";
import type { EngineDatabase } from "../store/database.ts";
import { insertRun } from "../store/insert-run.ts";
import {
  type AttemptView,
  findActiveByLabel,
  getAttempts,
  getRun,
  getSteps,
  listRuns,
  type RunFilter,
  type RunView,
  type StepView,
} from "../store/inspect-runs.ts";
import { cancelRun, holdRun, resumeRun, retryRun, signalRun } from "../store/operate-runs.ts";
import { listQueues, type Queue, updateQueue } from "../store/queues.ts";
import type { RunKind } from "../store/run-row.ts";
import { newId } from "../working/ids.ts";
import { type RunViews, runViews } from "./run-views.ts";
import { UnknownStep } from "./unknown-step.ts";

const PRIORITY_MAX = 100;

/** How a run is started at the top of a tree. */
export interface StartRunOptions extends StartOptions {
  /** Default: a new id. An id that exists already starts nothing. */
  readonly runId?: string;
}

/** A run with how it was executed. */
export interface RunDetails extends RunView {
  readonly attempts: readonly AttemptView[];
}

/** Starts, watches and steers runs; needs no worker in this process. */
export interface EngineClient<Tx> extends RunViews {
  /**
   * Creates a run in the caller's transaction: it exists if and only if the transaction commits. Null when a non-terminal run
   * has the same instance id (or any run the same id); the transaction stays usable.
   */
  startRun<I>(
    tx: Tx,
    workflow: WorkflowRef<I, unknown>,
    input: NoInfer<I>,
    options?: StartRunOptions,
  ): Promise<string | null>;
  /** Delivers a signal, once per name. False when the run is terminal or has it already. */
  signal(runId: string, name: string, payload?: unknown): Promise<boolean>;
  /** Cancels a run and everything below it; what runs now is told at its next step or beat. False when all was terminal. */
  cancel(runId: string): Promise<boolean>;
  /**
   * Holds a run and everything below it until `resume`: nothing of it is claimed, and what runs is taken from its owner, who
   * notices at its next write or beat. Recorded steps stay; signals, ends of children and timers meanwhile are not lost. A run
   * that has its concurrency key keeps it; one that has not started leaves the line. Repeating it changes nothing. False when
   * all was terminal.
   */
  suspend(runId: string): Promise<boolean>;
  /**
   * Lets a held run and everything below it go on where it was. What ran when it was held goes on once its former owner has
   * let go, at the latest when that one's lease ends. False when nothing was held.
   */
  resume(runId: string): Promise<boolean>;
  /**
   * Lets a FAILED or CANCELLED root run go on from its last good step. With `fromStep`, the name of a recorded step or of a
   * child, also a COMPLETED one: that step is done again, and so is everything recorded or started after it was done, with all
   * that children did; effects of these in the database happen again. False when it is not such a run, or its instance id is
   * taken; rejects with `UnknownStep` when it has no such step.
   */
  retry(runId: string, options?: { readonly fromStep?: string }): Promise<boolean>;
  getRun(runId: string): Promise<RunDetails | null>;
  /** Newest first; `cursor` is the last `seq` of the page before. At most 500 per page. */
  listRuns(filter: RunFilter): Promise<RunView[]>;
  /** Those of the runs that are not terminal yet, as the caller's transaction sees them. */
  activeAmong(tx: Tx, runIds: readonly string[]): Promise<string[]>;
  /** Whether any run in a tree with this label is not terminal yet. */
  findActiveByLabel(label: string, value: string): Promise<boolean>;
  getSteps(runId: string): Promise<StepView[]>;
  listQueues(): Promise<Queue[]>;
  /** Pauses, resumes or resizes a queue for the whole cluster. False when there is no such queue. */
  updateQueue(queue: {
    kind: RunKind;
    name: string;
    status?: "ACTIVE" | "PAUSED";
    capacity?: number;
  }): Promise<boolean>;
}

/** Builds a client. `onStarted` hears of runs started here: once they are committed, or (`committed` false) soon to be. */
export function createClient<Tx>(options: {
  database: EngineDatabase<Tx>;
  workflowQueues: ReadonlySet<string>;
  onStarted(committed: boolean): void;
}): EngineClient<Tx> {
  const { database, workflowQueues, onStarted } = options;
  const { executor } = database;
  return {
    ...runViews(executor),
    async startRun(tx, workflow, input, start = {}) {
      requireStartable(workflow, start, workflowQueues);
      const id = start.runId ?? newId();
      const created = await insertRun(database.executorOf(tx), {
        id,
        name: workflow.name,
        queue: workflow.queue,
        input,
        priority: start.priority ?? 0,
        concurrencyKey: start.concurrencyKey ?? null,
        instanceId: start.instanceId ?? null,
        labels: start.labels ?? null,
        delayMs: start.delayMs ?? 0,
      });
      if (!created) return null;
      if (database.afterCommit) database.afterCommit(tx, () => onStarted(true));
      else onStarted(false);
      return id;
    },
    async signal(runId, name, payload) {
      const stored = await retryConflicts(() => signalRun(executor, runId, name, payload));
      if (stored) onStarted(true);
      return stored;
    },
    cancel: (runId) => retryConflicts(() => cancelRun(executor, runId)),
    suspend: (runId) => retryConflicts(() => holdRun(executor, runId)),
    async resume(runId) {
      const resumed = await retryConflicts(() => resumeRun(executor, runId));
      if (resumed) onStarted(true);
      return resumed;
    },
    async retry(runId, { fromStep } = {}) {
      const verdict = await retryConflicts(() => retryRun(executor, runId, fromStep ?? null));
      if (verdict === "UNKNOWN_STEP") throw new UnknownStep(runId, fromStep ?? "");
      if (verdict === "RETRIED") onStarted(true);
      return verdict === "RETRIED";
    },
    async getRun(runId) {
      const run = await getRun(executor, runId);
      return run && { ...run, attempts: await getAttempts(executor, runId) };
    },
    listRuns: (filter) => listRuns(executor, filter),
    activeAmong: (tx, runIds) => activeAmong(database.executorOf(tx), runIds),
    findActiveByLabel: (label, value) => findActiveByLabel(executor, label, value),
    getSteps: (runId) => getSteps(executor, runId),
    listQueues: () => listQueues(executor),
    async updateQueue(queue) {
      const updated = await updateQueue(executor, queue);
      if (updated) onStarted(true);
      return updated;
    },
  };
}

function requireStartable(
  workflow: { readonly name: string; readonly queue: string },
  start: StartRunOptions,
  queues: ReadonlySet<string>,
): void {
  if (!queues.has(workflow.queue)) throw new Error(`${workflow.name}: there is no workflow queue "${workflow.queue}"`);
  const { priority = 0 } = start;
  if (!Number.isInteger(priority) || priority < 0 || priority > PRIORITY_MAX) {
    throw new RangeError(`${workflow.name}: the priority ${priority} is not a whole number from 0 to ${PRIORITY_MAX}`);
  }
}
