import type { Config } from "../../platform/config/index.ts";
import { identifyInternalActivity } from "./activities/identify-internal.ts";
import { removeOrphanedDetails, removeOrphanedIdentities, removeOrphanedLicenses } from "./commands/remove-orphans.ts";
import { componentProperties } from "./config.ts";
import { type ComponentsDeps, DETAIL_REMOVAL_GATE, LICENSE_REMOVAL_GATE } from "./deps.ts";
import { InventoryOrders } from "./inventory-orders.ts";
import { componentRoutes } from "./routes/v1/component.ts";
import { componentPropertyRoutes } from "./routes/v1/component-property.ts";
import { componentSearchRoutes } from "./routes/v1/component-search.ts";
import { dependencyGraphRoutes } from "./routes/v1/dependency-graph.ts";
import { internalComponentRoutes } from "./routes/v1/internal-components.ts";
import { serviceRoutes } from "./routes/v1/service.ts";
import { componentListRoutes } from "./routes/v2/components.ts";
import { identifyInternal } from "./workflows/identify-internal.ts";

export { InventoryCollector, type PreparedInventory } from "./commands/collect-inventory.ts";
export { emptyProject } from "./commands/empty-project.ts";
export { identityUnderLock, type Separated, separateComponent } from "./commands/own-identity.ts";
export { recordInventorySource } from "./commands/record-source.ts";
export { lockRepeatable, repeatImport } from "./commands/repeat-import.ts";
export { type ReplacedInventory, replaceInventory } from "./commands/replace-inventory.ts";
export { replaceServices } from "./commands/replace-services.ts";
export { componentProperties } from "./config.ts";
export { DETAIL_REMOVAL_GATE, LICENSE_REMOVAL_GATE } from "./deps.ts";
export { detailBackfill } from "./detail-backfill.ts";
export { GraphTexts } from "./graph-texts.ts";
export { licenseBackfill } from "./license-backfill.ts";
export { type BroughtIn, broughtInBy } from "./queries/brought-in.ts";
export { projectDependenciesText } from "./queries/dependency-graph.ts";
export { requireComponent } from "./queries/find-component.ts";
export { type ExportedService, listServices } from "./queries/read-services.ts";
export { type InternalRule, internalRule } from "./rules/internal-components.ts";
export type { ComponentDetail, InventoryComponent, StatedLicense } from "./rules/inventory.ts";
export { licensesOf } from "./rules/licenses-of.ts";
export type { ComponentKey, ComponentRisk } from "./store/component-risk.ts";
export { type BomImport, insertBomImport } from "./store/components.ts";
export { detailOf } from "./store/details.ts";
export { isSourceOf } from "./store/inventory-source.ts";

interface FeatureDeps extends Omit<ComponentsDeps, "orders"> {
  config: Config;
}

/** Components: distinct identities once, and which project has which. */
export function componentsFeature(given: FeatureDeps) {
  const deps = { ...given, orders: new InventoryOrders() };
  return {
    routes: [
      ...componentRoutes(deps),
      ...componentPropertyRoutes(deps),
      ...componentSearchRoutes(deps),
      ...internalComponentRoutes(deps),
      ...dependencyGraphRoutes(deps),
      ...componentListRoutes(deps),
      ...serviceRoutes(deps),
    ],
    workflows: [identifyInternal],
    activities: [identifyInternalActivity(deps)],
    housekeeping: [
      {
        name: "orphaned-identity-cleanup",
        schedule: deps.config.get(componentProperties.orphanCleanupCron),
        async run(signal: AbortSignal): Promise<void> {
          await removeOrphanedIdentities(deps.database, signal);
          if (deps.gateOpen(LICENSE_REMOVAL_GATE)) await removeOrphanedLicenses(deps.database, signal);
          if (deps.gateOpen(DETAIL_REMOVAL_GATE)) await removeOrphanedDetails(deps.database, signal);
        },
      },
    ],
    properties: Object.values(componentProperties),
  };
}
