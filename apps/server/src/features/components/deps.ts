import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../platform/db/index.ts";
import type { Log } from "../../platform/log/log.ts";
import type { AccessControlSwitch } from "../projects/index.ts";
import type { GraphTexts } from "./graph-texts.ts";
import type { InventoryOrders } from "./inventory-orders.ts";
import type { ComponentRisk } from "./store/component-risk.ts";

/** Open when no instance is left that does not know the workflow: its runs might wait for it. */
export const IDENTIFY_INTERNAL_GATE = "identify-internal-components";

/**
 * Open when no instance is left that looks statements up while it writes components by their texts: only then one that no
 * component has can be told from one that is about to get one.
 */
export const LICENSE_REMOVAL_GATE = "remove-orphaned-licenses";

/** The same for details. Then none is pending either. */
export const DETAIL_REMOVAL_GATE = "remove-orphaned-details";

/** What routes and commands of this feature work with. */
export interface ComponentsDeps {
  database: Database;
  settings: AccessControlSwitch & { get(group: string, name: string): Promise<string | null> };
  log: Log;
  /** Whether the gate of this name is open. */
  gateOpen(name: string): boolean;
  client: EngineClient<Tx>;
  /** Starts the analysis of a project whose components were changed by hand, from the analysis feature above. */
  startAnalysis(tx: Tx, project: { projectId: number; projectUuid: string }): Promise<void>;
  orders: InventoryOrders;
  graphTexts: GraphTexts;
  /** Vulnerabilities by identity, from the metrics feature above; absent = not shown. */
  risk?: ComponentRisk | undefined;
}
