import { type ResolvedRatings, resolveRatings, SEVERITY_ORDER, type StatedRating } from "@evertrack/matching";
import type { vulnerabilityRow } from "./advisory-rows.ts";

/** What a row is made of; `ReportedVulnerability` fits it. */
interface Reported {
  source: string;
  vulnId: string;
  title?: string | undefined;
  description?: string | undefined;
  cwes: readonly number[];
  ratings: readonly { [member in keyof StatedRating]?: StatedRating[member] | undefined }[];
  references: readonly string[];
}

type Row = Omit<ReturnType<typeof vulnerabilityRow>, "digest">;

/** Columns of `vulnerability` without its digest. Analyzers tell no times, so what a mirror says is newer. */
export function reportedRow(reported: Reported): Row {
  const { cvssV2, cvssV3, cvssV4, severity }: ResolvedRatings = resolveRatings(
    reported.source,
    reported.ratings.map(withoutUndefined),
  );
  return {
    source: reported.source,
    vuln_id: reported.vulnId,
    title: reported.title || null,
    description: reported.description || null,
    reference_links: [...reported.references],
    credits: [],
    cwes: [...reported.cwes],
    severity: SEVERITY_ORDER[severity],
    cvss: (cvssV4 ?? cvssV3 ?? cvssV2)?.score ?? -1,
    cvss_v2_vector: cvssV2?.vector ?? null,
    cvss_v2_score: cvssV2?.score ?? null,
    cvss_v3_vector: cvssV3?.vector ?? null,
    cvss_v3_score: cvssV3?.score ?? null,
    cvss_v4_vector: cvssV4?.vector ?? null,
    cvss_v4_score: cvssV4?.score ?? null,
    published: null,
    updated: null,
    rejected: null,
    known: false,
  };
}

function withoutUndefined(rating: Reported["ratings"][number]): StatedRating {
  return Object.fromEntries(Object.entries(rating).filter(([, value]) => value !== undefined));
}
