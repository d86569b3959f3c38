import type { Route } from "../../platform/http/index.ts";
import type { LookupDeps } from "../projects/index.ts";
import { findingRoutes } from "./routes/v1/finding.ts";

export { MATCH_BATCH_SIZE, type MatchChanges, matchIdentities } from "./commands/match-identities.ts";
export { type MatchDifference, verifyMatches } from "./commands/verify-matches.ts";
export type { Match } from "./rules/affected-identities.ts";
export { anyIdentityOf, identitiesOfPackages, identitiesOfProject } from "./store/matching.ts";

/** Findings: which identity is affected by what, and lists of it. */
export function findingsFeature(deps: LookupDeps): { routes: Route[] } {
  return { routes: findingRoutes(deps) };
}
