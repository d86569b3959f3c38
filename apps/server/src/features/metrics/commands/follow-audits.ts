import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import type { DueEvent, Subscriber } from "../../../platform/outbox/index.ts";
import { markProject } from "../store/marks.ts";
import { startMarkedUpdate } from "./start-marked-update.ts";

/** State or suppression of a finding changed; features/findings tells it. */
const AUDIT_CHANGED = "PROJECT_AUDIT_CHANGE";

/** Counts a project anew after its findings were decided about. */
export function followAudits(client: EngineClient<Tx>): Subscriber {
  return async (tx: Tx, event: DueEvent) => {
    if (event.type !== AUDIT_CHANGED || event.subject === null) return;
    if (await markProject(tx, event.subject)) await startMarkedUpdate(tx, client);
  };
}
