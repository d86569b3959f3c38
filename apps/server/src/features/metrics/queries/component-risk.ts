import type { ComponentRisk } from "../../components/index.ts";
import type { Settings } from "../../settings/index.ts";
import { riskWeights } from "../commands/update-metrics.ts";
import { riskScore } from "../rules/risk-score.ts";
import {
  type ComponentCounts,
  countComponents,
  identityScores,
  projectScores,
  suppressedScores,
} from "../store/component-risk.ts";

/** Vulnerabilities of components, for lists of them. */
export function componentRisk(settings: Settings): ComponentRisk {
  return {
    async scoresIn(projectId) {
      return projectScores(await riskWeights(settings), projectId);
    },
    async scores() {
      const weights = await riskWeights(settings);
      return { byIdentity: identityScores(weights), exceptions: suppressedScores(weights) };
    },
    async countsOf(db, components) {
      if (components.length === 0) return [];
      const weights = await riskWeights(settings);
      const counts = await countComponents(db, components);
      return counts.map((row) => ({ ...row, metrics: dependencyMetrics(row, riskScore(row, weights)) }));
    },
  };
}

function dependencyMetrics(row: ComponentCounts, score: number): Record<string, number> {
  const { projectId: _, identityId: __, audited, ...counts } = row;
  return {
    ...counts,
    findings_total: counts.vulnerabilities,
    findings_audited: audited,
    findings_unaudited: counts.vulnerabilities - audited,
    inherited_risk_score: score,
  };
}
