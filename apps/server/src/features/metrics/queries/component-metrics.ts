import type { DependencyMetricsResponse } from "@evertrack/contract/v1/metrics";
import type { Principal } from "../../../platform/http/index.ts";
import { requireComponent } from "../../components/index.ts";
import type { LookupDeps } from "../../projects/index.ts";
import type { Settings } from "../../settings/index.ts";
import { riskWeights } from "../commands/update-metrics.ts";
import { riskScore } from "../rules/risk-score.ts";
import { countComponents } from "../store/component-risk.ts";
import { NO_POLICY_VIOLATIONS } from "./project-metrics.ts";

const NOTHING = {
  vulnerabilities: 0,
  critical: 0,
  high: 0,
  medium: 0,
  low: 0,
  unassigned: 0,
  kev: 0,
  suppressed: 0,
  audited: 0,
};

/** Counts of a component as it is now: they are made when asked for, so there is nothing that could be behind. */
export async function currentComponentMetrics(
  deps: LookupDeps & { settings: Settings },
  principal: Principal,
  { uuid, now }: { uuid: string; now: Date },
): Promise<DependencyMetricsResponse> {
  const { project_id: projectId, identity_id: identityId } = await requireComponent(deps, principal, uuid);
  const weights = await riskWeights(deps.settings);
  const [found = NOTHING] = await countComponents(deps.database.db, [{ projectId, identityId }]);
  const { vulnerabilities, critical, high, medium, low, unassigned, kev, suppressed, audited } = found;
  return {
    vulnerabilities,
    critical,
    high,
    medium,
    low,
    unassigned,
    kev,
    suppressed,
    findingsTotal: vulnerabilities,
    findingsAudited: audited,
    findingsUnaudited: vulnerabilities - audited,
    inheritedRiskScore: riskScore(found, weights),
    ...NO_POLICY_VIOLATIONS,
    firstOccurrence: now.getTime(),
    lastOccurrence: now.getTime(),
  };
}
