import type { FindingPriorityResponse } from "@evertrack/contract/v2/priority";
import { type Exposure, prioritize } from "@evertrack/matching";
import { AppError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf } from "../../projects/index.ts";
import { vulnerabilityDetails } from "../../vulnerabilities/index.ts";
import { priorityInputs } from "../rules/priority-inputs.ts";
import { findFindingNames } from "../store/analyses.ts";
import { isMatched } from "../store/listing.ts";

interface Asked {
  component: string;
  vulnerability: string;
  exposure: Exposure | undefined;
}

/** How urgent a finding of a project the caller may see is, and why; 404 where the component is not affected, 403 for others' projects. */
export async function findingPriority(
  deps: LookupDeps,
  principal: Principal,
  { component, vulnerability, exposure }: Asked,
): Promise<FindingPriorityResponse> {
  const { db } = deps.database;
  const scope = await portfolioScopeOf(deps.settings, principal);
  const found = await findFindingNames(db, scope, { component, vulnerability });
  if (found === undefined) throw notFound();
  if (!found.visible) throw new AppError("project-access-denied", "Access to the requested project is forbidden");
  const { identityId, vulnerabilityId, name } = found;
  if (vulnerabilityId === null || !(await isMatched(db, { identityId, vulnerabilityId }))) throw notFound();
  const [details] = await vulnerabilityDetails(db, [vulnerabilityId]);
  if (details === undefined) throw notFound();
  const inputs = priorityInputs(details, exposure);
  return {
    component: { uuid: component, name },
    vulnerability: { uuid: details.uuid, source: details.source, vuln_id: details.vulnId },
    ...prioritize(inputs),
    inputs: {
      is_kev: details.isKev,
      ...(details.epssScore !== null && { epss_score: details.epssScore }),
      ...(details.epssPercentile !== null && { epss_percentile: details.epssPercentile }),
      ...(inputs.cvssVector !== undefined && { cvss_vector: inputs.cvssVector }),
      ...(inputs.cvssScore !== undefined && { cvss_score: inputs.cvssScore }),
      ...(exposure !== undefined && { exposure }),
    },
  };
}

function notFound(): AppError {
  return new AppError("not-found", "The finding could not be found.");
}
