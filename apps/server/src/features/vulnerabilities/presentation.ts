import type { VulnerabilityResponse } from "@evertrack/contract/v1/vulnerability";
import { CvssError, type CvssScore, scoreCvss, weaknessOf } from "@evertrack/matching";
import {
  affectedCpeJson,
  affectedJson,
  aliasesJson,
  referencesText,
  severityName,
} from "./rules/vulnerability-json.ts";
import type { affectedCpes } from "./store/affected-cpes.ts";
import type { affectedPackages, VulnerabilityDetails } from "./store/reading.ts";

/** A vulnerability as API v1 shows it. */
export function presentVulnerability(
  details: VulnerabilityDetails,
  packages: Awaited<ReturnType<typeof affectedPackages>> = [],
  cpes: Awaited<ReturnType<typeof affectedCpes>> = [],
): VulnerabilityResponse {
  const { aliases, cwes, credits, tags } = details;
  const affected = [...packages.flatMap(affectedJson), ...cpes.map(affectedCpeJson)];
  return present({
    uuid: details.uuid,
    vulnId: details.vulnId,
    source: details.source,
    friendlyVulnId: details.vulnId,
    title: details.title,
    subTitle: details.subTitle,
    description: details.description,
    detail: details.detail,
    recommendation: details.recommendation,
    references: details.referencesText ?? referencesText(details.references),
    credits: credits.length === 0 ? undefined : credits.join(", "),
    created: details.created.toISOString(),
    published: details.published?.toISOString(),
    updated: details.updated?.toISOString(),
    rejected: details.rejected?.toISOString(),
    cwes: cwes.length === 0 ? undefined : cwes.map(weaknessOf),
    severity: severityName(details.severity),
    ...subScores(details),
    cvssV2BaseScore: details.cvssV2Score,
    cvssV2Vector: details.cvssV2Vector,
    cvssV3BaseScore: details.cvssV3Score,
    cvssV3Vector: details.cvssV3Vector,
    cvssV4Score: details.cvssV4Score,
    cvssV4Vector: details.cvssV4Vector,
    owaspRRVector: details.owaspVector,
    owaspRRLikelihoodScore: details.owaspLikelihood,
    owaspRRTechnicalImpactScore: details.owaspTechnicalImpact,
    owaspRRBusinessImpactScore: details.owaspBusinessImpact,
    epssScore: details.epssScore,
    epssPercentile: details.epssPercentile,
    isKev: details.isKev,
    aliases: aliases.length === 0 ? undefined : aliasesJson(aliases),
    affectedComponents: affected.length === 0 ? undefined : affected,
    tags: tags.length === 0 ? undefined : tags.map((name) => ({ name })),
  });
}

/** They follow from the vectors, which were checked when they were stored. */
function subScores({ cvssV2Vector, cvssV3Vector }: VulnerabilityDetails) {
  const v2 = cvssV2Vector === null ? undefined : scoreIfVector(cvssV2Vector);
  const v3 = cvssV3Vector === null ? undefined : scoreIfVector(cvssV3Vector);
  return {
    cvssV2ImpactSubScore: v2?.impact,
    cvssV2ExploitabilitySubScore: v2?.exploitability,
    cvssV3ImpactSubScore: v3?.impact,
    cvssV3ExploitabilitySubScore: v3?.exploitability,
  };
}

/** One that was stored before it was checked tells nothing. */
function scoreIfVector(vector: string): CvssScore | undefined {
  try {
    return scoreCvss(vector);
  } catch (error) {
    if (error instanceof CvssError) return undefined;
    throw error;
  }
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
