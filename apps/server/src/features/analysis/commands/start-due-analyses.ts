/**
 * The whole portfolio is analysed again in slices: each firing starts as many analyses as are missing to the number that may
 * be in flight, for the projects that were looked at least recently. So a portfolio of any size takes only its share of the
 * queues, and a firing is short.
 *
 * The number holds whoever fires: slices are started one transaction at a time, and what the one before started is visible to
 * the next. A project is noted as tried only when its analysis was started.
 */
import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { lockDueForAnalysis, recordAnalysisAttempts } from "../../projects/index.ts";
import { forgetRuns, notedRuns, noteRuns, tryLockSlices } from "../store/scheduled-runs.ts";
import { startAnalyzeProject } from "./start-analysis.ts";

interface SliceLimits {
  /** Scheduled analyses under way in the cluster. */
  inFlightMax: number;
  maxAgeMs: number;
}

/** Starts the next slice in the caller's transaction; returns how many analyses that are. */
export async function startDueAnalyses(
  tx: Tx,
  client: EngineClient<Tx>,
  { inFlightMax, maxAgeMs }: SliceLimits,
): Promise<number> {
  if (!(await tryLockSlices(tx))) return 0;
  const capacity = inFlightMax - (await countUnderWay(tx, client));
  if (capacity <= 0) return 0;
  const started: { projectId: number; runId: string }[] = [];
  for (const { id, uuid } of await lockDueForAnalysis(tx, maxAgeMs, capacity)) {
    const subject = { projectId: id, projectUuid: uuid, trigger: "schedule" as const };
    const runId = await startAnalyzeProject(client, tx, subject);
    if (runId !== null) started.push({ projectId: id, runId });
  }
  if (started.length === 0) return 0;
  await noteRuns(
    tx,
    started.map(({ runId }) => runId),
  );
  await recordAnalysisAttempts(
    tx,
    started.map(({ projectId }) => projectId),
  );
  return started.length;
}

/** Asks the engine about the runs that were noted, at most as many as may be in flight. */
async function countUnderWay(tx: Tx, client: EngineClient<Tx>): Promise<number> {
  const noted = await notedRuns(tx);
  if (noted.length === 0) return 0;
  const active = new Set(await client.activeAmong(tx, noted));
  await forgetRuns(
    tx,
    noted.filter((runId) => !active.has(runId)),
  );
  return active.size;
}
