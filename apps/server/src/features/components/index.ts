import type { Config } from "../../platform/config/index.ts";
import type { LookupDeps } from "../projects/index.ts";
import { removeOrphanedIdentities } from "./commands/remove-orphaned-identities.ts";
import { componentProperties } from "./config.ts";
import { componentRoutes } from "./routes/v1/component.ts";

export { InventoryCollector, type PreparedInventory } from "./commands/collect-inventory.ts";
export { emptyProject } from "./commands/empty-project.ts";
export { type ReplacedInventory, replaceInventory } from "./commands/replace-inventory.ts";
export { componentProperties } from "./config.ts";
export type { ComponentDetail, InventoryComponent } from "./rules/inventory.ts";
export { type BomImport, insertBomImport } from "./store/components.ts";

/** Components: distinct identities once, and which project has which. */
export function componentsFeature(deps: LookupDeps & { config: Config }) {
  return {
    routes: componentRoutes(deps),
    housekeeping: [
      {
        name: "orphaned-identity-cleanup",
        schedule: deps.config.get(componentProperties.orphanCleanupCron),
        async run(signal: AbortSignal): Promise<void> {
          await removeOrphanedIdentities(deps.database, signal);
        },
      },
    ],
    properties: Object.values(componentProperties),
  };
}
