import type { KevMirrorRunStatus } from "@evertrack/contract/v2/kev-data-sources";
import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { AppError } from "../../../platform/http/index.ts";

const STATUS = {
  CREATED: "PENDING",
  RUNNING: "RUNNING",
  SUSPENDED: "RUNNING",
  COMPLETED: "COMPLETED",
  FAILED: "FAILED",
  CANCELLED: "FAILED",
} as const;

/** State of a mirror's run; 404 when there was none, or it is no longer kept. */
export async function mirrorRunStatusOf(
  client: EngineClient<Tx>,
  runId: string | undefined,
): Promise<KevMirrorRunStatus> {
  const run = runId === undefined ? null : await client.getRun(runId);
  if (run === null) throw new AppError("not-found", "No mirror run is known.");
  const failure = run.status === "CANCELLED" ? "cancelled" : run.error?.message;
  return {
    status: STATUS[run.status],
    ...(run.startedAt !== null && { started_at: Date.parse(run.startedAt) }),
    ...(run.finishedAt !== null && { completed_at: Date.parse(run.finishedAt) }),
    ...(failure !== undefined && { failure_reason: failure }),
  };
}
