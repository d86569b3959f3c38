import type { Route } from "../../platform/http/index.ts";
import type { FindingExportDeps } from "./queries/export-findings.ts";
import { affectedByRoutes } from "./routes/v1/affected-by.ts";
import { analysisRoutes } from "./routes/v1/analysis.ts";
import { findingRoutes } from "./routes/v1/finding.ts";
import { findingExportRoutes } from "./routes/v1/finding-export.ts";
import { portfolioFindingRoutes } from "./routes/v1/portfolio-finding.ts";
import { vulnerabilityDeletionRoutes } from "./routes/v1/vulnerability.ts";
import { auditOperationRoutes } from "./routes/v2/audit-operations.ts";
import { explanationRoutes } from "./routes/v2/explanation.ts";
import { findingPriorityRoutes } from "./routes/v2/priority.ts";

export { type AppliedStatements, applyStatements } from "./commands/apply-statements.ts";
export { assignByHand, unassignByHand } from "./commands/assign-by-hand.ts";
export { MATCH_BATCH_SIZE, type MatchChanges, matchIdentities } from "./commands/match-identities.ts";
export { type AnalyzerAnswer, reconcileReports } from "./commands/reconcile-reports.ts";
export { type MatchDifference, verifyAgain, verifyMatches } from "./commands/verify-matches.ts";
export { nameMatches } from "./queries/name-matches.ts";
export type { Match } from "./rules/affected-identities.ts";
export type { GivenDecision } from "./rules/analysis-trail.ts";
export type { NamedComponent, StatementTarget, VexNote, VexStatement } from "./rules/vex-statement.ts";
export type { FindingRow } from "./store/listing.ts";
export { anyIdentityNamed, identitiesNamed, identitiesOfProject } from "./store/matching.ts";
export { type AskableIdentity, askableIdentities, reportingAnalyzers } from "./store/reports.ts";

/** Findings: which identity is affected by what, what was decided about it, and lists of it. */
export function findingsFeature(deps: FindingExportDeps): { routes: Route[] } {
  return {
    routes: [
      ...findingRoutes(deps),
      ...portfolioFindingRoutes(deps),
      ...affectedByRoutes(deps),
      ...findingExportRoutes(deps),
      ...analysisRoutes(deps),
      ...auditOperationRoutes(deps),
      ...findingPriorityRoutes(deps),
      ...vulnerabilityDeletionRoutes(deps),
      ...explanationRoutes(deps),
    ],
  };
}
