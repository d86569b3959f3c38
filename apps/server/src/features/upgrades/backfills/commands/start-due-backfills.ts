import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../../platform/db/index.ts";
import { isOpen } from "../rules/progress.ts";
import { type BackfillRow, listBackfillRows, lockBackfills, recordError, recordRun } from "../store/backfills.ts";
import { backfillRunName, backfillWorkflow } from "../workflows/run-backfill.ts";

/** Behind everything else. */
const PRIORITY = 0;

/**
 * Starts the named backfills that are due and have no run; one that should have a run whose run has ended is FAILED, so that what
 * breaks it is looked at and not repeated for ever. Returns what the table said before.
 */
export async function startDueBackfills(
  tx: Tx,
  client: EngineClient<Tx>,
  names: readonly string[],
): Promise<BackfillRow[]> {
  const rows = names.length === 0 ? [] : await listBackfillRows(tx, names);
  for (const row of rows)
    if (isOpen(row) && !(await isUnderWay(tx, client, row))) await startOrFail(tx, client, row.name);
  return rows;
}

async function isUnderWay(tx: Tx, client: EngineClient<Tx>, { status, run_id: runId }: BackfillRow): Promise<boolean> {
  return status === "RUNNING" && runId !== null && (await client.activeAmong(tx, [runId])).length > 0;
}

/** Looks again under the lock: it may have been done, paused or started meanwhile. */
async function startOrFail(tx: Tx, client: EngineClient<Tx>, name: string): Promise<void> {
  const [row] = await lockBackfills(tx, [name]);
  if (row === undefined || !isOpen(row) || (await isUnderWay(tx, client, row))) return;
  if (row.status === "RUNNING") return recordError(tx, name, await howItEnded(client, row), true);
  const workflow = backfillWorkflow(name);
  const runId = await client.startRun(tx, workflow, {}, { instanceId: backfillRunName(name), priority: PRIORITY });
  // Without a new run there is one from before a pause, about to end; the next look starts another one then.
  if (runId !== null) await recordRun(tx, name, runId);
}

async function howItEnded(client: EngineClient<Tx>, { run_id: runId }: BackfillRow): Promise<string> {
  const run = runId === null ? null : await client.getRun(runId);
  if (run === null) return "its run is gone";
  return `its run ${run.id} ended as ${run.status}: ${run.error?.message ?? "before it was done"}`;
}
