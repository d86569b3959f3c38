import type { RunStatus } from "./run-row.ts";

/** What a list of workflow runs is sorted by. Runs that have not ended count as ending last, in the order of their creation. */
export type RunSort = "id" | "createdAt" | "finishedAt";

/** A place in a list: the sort value of a run, and its age as the tie-break. */
export interface RunPosition {
  readonly key: string;
  readonly seq: number;
}

/** What a page shall hold. Times are milliseconds since 1970; `since` is included, `before` is not. */
export interface RunListQuery {
  readonly name?: string | undefined;
  /** See `workflowVersionOf`. */
  readonly version?: number | undefined;
  readonly instanceId?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** All of them, among the run's own. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly createdSinceMs?: number | undefined;
  readonly createdBeforeMs?: number | undefined;
  readonly finishedSinceMs?: number | undefined;
  readonly finishedBeforeMs?: number | undefined;
  readonly sort: RunSort;
  readonly descending: boolean;
  /** `next` of the page before. */
  readonly after?: RunPosition | undefined;
  readonly limit: number;
}
