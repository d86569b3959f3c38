import type { Route } from "../../platform/http/index.ts";
import type { LookupDeps } from "../projects/index.ts";
import { comparisonRoutes } from "./routes/v2/comparison.ts";

/** Comparison: what changed between two projects, and how good the BOM of one is. */
export function comparisonFeature(deps: LookupDeps): { routes: Route[] } {
  return { routes: comparisonRoutes(deps) };
}
