import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { updateDirtyMetrics } from "../workflows/update-dirty-metrics.ts";

/** Before scheduled work, after uploads and manual runs. */
const PRIORITY = 10;

/** One may be counting already what was there before; then the other one waits behind it for whatever comes. */
const INSTANCES = ["update-dirty-metrics:audit", "update-dirty-metrics:audit-next"] as const;

/**
 * Has marked projects counted soon: two runs at most, however much is marked. A mark both of them have missed is picked up by the task
 * that looks for marks every minute.
 */
export async function startMarkedUpdate(tx: Tx, client: EngineClient<Tx>): Promise<void> {
  for (const instanceId of INSTANCES) {
    const options = { instanceId, concurrencyKey: "update-dirty-metrics", priority: PRIORITY };
    if ((await client.startRun(tx, updateDirtyMetrics, {}, options)) !== null) return;
  }
}
