import type { VulnerabilityResponse } from "@evertrack/contract/v1/vulnerability";
import { affectedJson, aliasesJson, referencesText, severityName } from "./rules/vulnerability-json.ts";
import type { affectedPackages, VulnerabilityDetails } from "./store/reading.ts";

/** A vulnerability as API v1 shows it. */
export function presentVulnerability(
  details: VulnerabilityDetails,
  affected: Awaited<ReturnType<typeof affectedPackages>> = [],
): VulnerabilityResponse {
  const { aliases, cwes, credits } = details;
  return present({
    uuid: details.uuid,
    vulnId: details.vulnId,
    source: details.source,
    friendlyVulnId: details.vulnId,
    title: details.title,
    description: details.description,
    detail: details.detail,
    recommendation: details.recommendation,
    references: referencesText(details.references),
    credits: credits.length === 0 ? undefined : credits.join(", "),
    created: details.created.toISOString(),
    published: details.published?.toISOString(),
    updated: details.updated?.toISOString(),
    rejected: details.rejected?.toISOString(),
    cwes: cwes.length === 0 ? undefined : cwes.map((cweId) => ({ cweId })),
    severity: severityName(details.severity),
    cvssV2BaseScore: details.cvssV2Score,
    cvssV2Vector: details.cvssV2Vector,
    cvssV3BaseScore: details.cvssV3Score,
    cvssV3Vector: details.cvssV3Vector,
    cvssV4Score: details.cvssV4Score,
    cvssV4Vector: details.cvssV4Vector,
    epssScore: details.epss < 0 ? undefined : details.epss,
    aliases: aliases.length === 0 ? undefined : aliasesJson(aliases),
    affectedComponents: affected.length === 0 ? undefined : affected.flatMap(affectedJson),
  });
}

type Nullable<T> = { [K in keyof T]: undefined extends T[K] ? T[K] | null | undefined : T[K] };

/** Leaves out what has no value. */
function present(
  members: Nullable<Required<Pick<VulnerabilityResponse, "uuid">> & VulnerabilityResponse>,
): VulnerabilityResponse {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  ) as VulnerabilityResponse;
}
