import type { SqlExecutor } from "../store/database.ts";
import { listRunsPage, type RunListPage } from "../store/list-runs.ts";
import { countQueues, listQueueStates, type QueueState } from "../store/queues.ts";
import { listRunEvents, type RunEventPage, type RunEventsQuery } from "../store/run-events.ts";
import type { RunListQuery } from "../store/run-list-query.ts";
import type { RunKind } from "../store/run-row.ts";
import { getActiveInstance, getRunSummary, type RunSummary } from "../store/run-summary.ts";

/** What operators look at: runs without their documents, histories, queues. Bounded however much there is. */
export interface RunViews {
  getRunSummary(runId: string): Promise<RunSummary | null>;
  /** The one run with this instance id that has not ended. */
  getActiveInstance(instanceId: string): Promise<RunSummary | null>;
  /** Workflow runs by page; runs of activities are not among them. */
  listRunsPage(query: RunListQuery): Promise<RunListPage>;
  /** What happened to a run, of a workflow or an activity, in order. None for an unknown run. */
  listRunEvents(runId: string, query: RunEventsQuery): Promise<RunEventPage>;
  listQueueStates(kind: RunKind, page: { after: string | null; limit: number }): Promise<QueueState[]>;
  countQueues(kind: RunKind): Promise<number>;
}

/** The views of a database. */
export function runViews(executor: SqlExecutor): RunViews {
  return {
    getRunSummary: (runId) => getRunSummary(executor, runId),
    getActiveInstance: (instanceId) => getActiveInstance(executor, instanceId),
    listRunsPage: (query) => listRunsPage(executor, query),
    listRunEvents: (runId, query) => listRunEvents(executor, runId, query),
    listQueueStates: (kind, page) => listQueueStates(executor, kind, page),
    countQueues: (kind) => countQueues(executor, kind),
  };
}
