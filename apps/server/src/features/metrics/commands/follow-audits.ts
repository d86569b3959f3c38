import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import type { DueEvent, Subscriber } from "../../../platform/outbox/index.ts";
import { markProject } from "../store/marks.ts";
import { updateDirtyMetrics } from "../workflows/update-dirty-metrics.ts";

/** State or suppression of a finding changed; features/findings tells it. */
const AUDIT_CHANGED = "PROJECT_AUDIT_CHANGE";
/** Before scheduled work, after uploads and manual runs. */
const PRIORITY = 10;

/** One may be counting already what was there before; then the other one waits behind it for whatever comes. */
const INSTANCES = ["update-dirty-metrics:audit", "update-dirty-metrics:audit-next"] as const;

/**
 * Counts a project anew after its findings were decided about: two runs at most, however many decisions there are. A mark both of them
 * have missed is picked up by the task that looks for marks every minute.
 */
export function followAudits(client: EngineClient<Tx>): Subscriber {
  return async (tx: Tx, event: DueEvent) => {
    if (event.type !== AUDIT_CHANGED || event.subject === null) return;
    if (!(await markProject(tx, event.subject))) return;
    for (const instanceId of INSTANCES) {
      const options = { instanceId, concurrencyKey: "update-dirty-metrics", priority: PRIORITY };
      if ((await client.startRun(tx, updateDirtyMetrics, {}, options)) !== null) return;
    }
  };
}
