import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../../platform/db/index.ts";
import { listBackfillRows, pauseRows } from "../store/backfills.ts";

/** Why a rollback pauses; an instance of the newer version that starts later lets these go on. */
export const ROLLBACK_REASON = "the upgrade is rolled back";

/**
 * Holds every backfill that is not done, and ends their runs, which older instances would not know: for a rollback. Their cursors
 * stay. Returns the names of those that were held now.
 */
export async function pauseBackfills(
  { database, client }: { database: Database; client: EngineClient<Tx> },
  reason: string = ROLLBACK_REASON,
): Promise<string[]> {
  const paused = await database.transaction((tx) => pauseRows(tx, null, reason));
  // Also of those paused before: one may be left from a call that was cut short.
  const rows = await listBackfillRows(database.db);
  for (const { status, run_id: runId } of rows) if (status === "PAUSED" && runId !== null) await client.cancel(runId);
  return paused.toSorted();
}
