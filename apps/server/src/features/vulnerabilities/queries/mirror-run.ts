import type { MirrorRunStatus } from "@evertrack/contract/v2/vuln-data-sources";
import type { EngineClient } from "@evertrack/engine";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { AppError } from "../../../platform/http/index.ts";
import { readLatestRun, readProgress } from "../mirror-state.ts";

const STATUS = {
  CREATED: "PENDING",
  RUNNING: "RUNNING",
  SUSPENDED: "RUNNING",
  COMPLETED: "COMPLETED",
  FAILED: "FAILED",
  CANCELLED: "FAILED",
} as const;

/** 404 for a source this build does not have. */
export function requireDataSource(name: string): void {
  if (name !== "osv" && name !== "nvd") throw new AppError("not-found", "The requested resource could not be found.");
}

/** The run started last; 404 when there is none, or it is no longer kept. */
export async function latestMirrorRun(db: Db, client: EngineClient<Tx>, name: string): Promise<MirrorRunStatus> {
  requireDataSource(name);
  const runId = await readLatestRun(db, name);
  const run = runId === undefined ? null : await client.getRun(runId);
  if (run === null) throw new AppError("not-found", "No mirror run is known.");
  const progress = await readProgress(db, name);
  const failure = run.status === "CANCELLED" ? "cancelled" : run.error?.message;
  return {
    status: STATUS[run.status],
    ...(run.startedAt !== null && { started_at: Date.parse(run.startedAt) }),
    ...(run.finishedAt !== null && { completed_at: Date.parse(run.finishedAt) }),
    ...(failure !== undefined && { failure_reason: failure }),
    ...(progress !== undefined &&
      progress.runId === run.id && {
        progress: { ecosystem: progress.ecosystem, done: progress.done, total: progress.total },
      }),
  };
}
