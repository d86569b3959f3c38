import type { Route } from "../../platform/http/index.ts";
import type { BadgeDeps } from "./queries/badge.ts";
import type { ExportDeps } from "./queries/export-bom.ts";
import { badgeRoutes } from "./routes/v1/badge.ts";
import { cyclonedxRoutes } from "./routes/v1/cyclonedx.ts";

/** Giving back what is known of a project: as CycloneDX, as a badge. */
export function exportsFeature(deps: ExportDeps & BadgeDeps): { routes: Route[] } {
  return { routes: [...cyclonedxRoutes(deps), ...badgeRoutes(deps)] };
}
