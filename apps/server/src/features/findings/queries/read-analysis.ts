import type { AnalysisResponse } from "@evertrack/contract/v1/analysis";
import type { Db } from "../../../platform/db/index.ts";
import { PlainError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf, projectAccessDenied, requireProject } from "../../projects/index.ts";
import { type FindingKey, findFindingNames, readDecision, readTrail } from "../store/analyses.ts";

/** A trail longer than this is shown from its beginning up to here. */
const TRAIL_LENGTH_MAX = 10_000;

export const componentNotFound = () => new PlainError(404, "The component could not be found.");
const vulnerabilityNotFound = () => new PlainError(404, "The vulnerability could not be found.");
const analysisNotFound = () => new PlainError(404, "No analysis exists.");

/** How requests name a finding. */
export interface NamedFinding {
  project?: string | undefined;
  component: string;
  vulnerability: string;
}

/** The finding a request names, for somebody who may see its project; 404 for what there is not, 403 for others' projects. */
export async function requireFinding(
  deps: LookupDeps,
  principal: Principal,
  named: NamedFinding,
): Promise<{
  key: FindingKey;
  subject: { component: Record<string, unknown>; vulnerability: Record<string, unknown> };
}> {
  const project = named.project === undefined ? undefined : await requireProject(deps, principal, named.project);
  const scope = await portfolioScopeOf(deps.settings, principal);
  const found = await findFindingNames(deps.database.db, scope, named);
  if (found === undefined) throw componentNotFound();
  if (!found.visible) throw projectAccessDenied();
  if (project !== undefined && project.id !== found.projectId) throw componentNotFound();
  const { projectId, identityId, vulnerabilityId, vulnId, source, name, group, version, purl } = found;
  if (vulnerabilityId === null) throw vulnerabilityNotFound();
  const component = {
    uuid: named.component,
    name,
    ...(group !== null && { group }),
    ...(version !== null && { version }),
    ...(purl !== null && { purl }),
  };
  const vulnerability = { uuid: named.vulnerability, vulnId, source };
  return { key: { projectId, identityId, vulnerabilityId }, subject: { component, vulnerability } };
}

/** The analysis of a finding the caller may see; 404 when nobody looked at it. */
export async function readAnalysis(
  deps: LookupDeps,
  principal: Principal,
  named: NamedFinding,
): Promise<AnalysisResponse> {
  const { key } = await requireFinding(deps, principal, named);
  return analysisJson(deps.database.db, key);
}

/** An analysis as v1 shows it. */
export async function analysisJson(db: Db, key: FindingKey): Promise<AnalysisResponse> {
  const decision = await readDecision(db, key);
  if (decision === undefined) throw analysisNotFound();
  const trail = await readTrail(db, decision.id, TRAIL_LENGTH_MAX);
  return {
    analysisState: decision.state,
    analysisJustification: decision.justification,
    analysisResponse: decision.response,
    analysisDetails: decision.details ?? "",
    isSuppressed: decision.suppressed,
    ...(decision.owaspVector !== null && { owaspVector: decision.owaspVector }),
    ...(decision.owaspScore !== null && { owaspScore: decision.owaspScore }),
    analysisComments: trail.map(({ timestamp, ...entry }) => ({ timestamp: timestamp.getTime(), ...entry })),
  };
}
