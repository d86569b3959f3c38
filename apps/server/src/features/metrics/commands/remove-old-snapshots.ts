import type { Database } from "../../../platform/db/index.ts";
import type { Settings } from "../../settings/index.ts";
import { removeSupersededSnapshots } from "../store/retention.ts";

const BATCH_SIZE = 1_000;
const BATCHES_MAX = 1_000;

/**
 * Removes snapshots older than the setting `maintenance/metrics.retention.days`, in batches. Each project keeps the last one
 * of the time before: it says what held when the kept days began, and is all that is known of a project nobody counts any
 * more. What is left over goes at the next firing. Returns how many were removed.
 */
export async function removeOldSnapshots(database: Database, settings: Settings, signal: AbortSignal): Promise<number> {
  const retentionDays = await settings.number("maintenance", "metrics.retention.days");
  let removed = 0;
  let afterProjectId = 0;
  for (let batch = 0; batch < BATCHES_MAX && !signal.aborted; batch++) {
    const options = { retentionDays, afterProjectId, limit: BATCH_SIZE };
    const result = await database.transaction((tx) => removeSupersededSnapshots(tx, options));
    removed += result.removed;
    if (result.lastProjectId === null) break;
    afterProjectId = result.lastProjectId;
  }
  return removed;
}
