import type { IdentityRisk } from "../../components/index.ts";
import type { Settings } from "../../settings/index.ts";
import { riskWeights } from "../commands/update-metrics.ts";
import { riskScore } from "../rules/risk-score.ts";
import { countIdentities, type IdentityCounts, identityScores } from "../store/identity-risk.ts";

/** Vulnerabilities by identity, for lists of components. */
export function identityRisk(settings: Settings): IdentityRisk {
  return {
    async scores(identityIds) {
      return identityScores(await riskWeights(settings), identityIds);
    },
    async countsOf(db, identityIds) {
      if (identityIds.length === 0) return new Map();
      const weights = await riskWeights(settings);
      const counts = await countIdentities(db, identityIds);
      return new Map(counts.map((row) => [row.identityId, dependencyMetrics(row, riskScore(row, weights))]));
    },
  };
}

/** Nothing is suppressed or audited yet. */
function dependencyMetrics({ identityId: _, ...counts }: IdentityCounts, score: number): Record<string, number> {
  const { vulnerabilities } = counts;
  return {
    ...counts,
    suppressed: 0,
    findings_total: vulnerabilities,
    findings_audited: 0,
    findings_unaudited: vulnerabilities,
    inherited_risk_score: score,
  };
}
