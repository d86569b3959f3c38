import { type NvdRecord, SEVERITY_ORDER } from "@evertrack/matching";
import { timestampOf, type vulnerabilityRow } from "./advisory-rows.ts";
import { affectedCpeRow, CPE_KEY_CHARS_MAX } from "./affected-cpe-row.ts";

/** NVD's largest record names some 5,000; what is beyond is left out. */
export const AFFECTED_CPES_MAX = 20_000;

/** A record of NVD that was read, with the digest of what it was read from. */
export interface ReadNvdRecord {
  record: NvdRecord;
  /** Hexadecimal. */
  digest: string;
}

/** Columns of `vulnerability` as a JSON record. NVD owns what it names, so nothing about it is newer elsewhere. */
export function nvdVulnerabilityRow({ record, digest }: ReadNvdRecord): ReturnType<typeof vulnerabilityRow> {
  const { cvssV2, cvssV3, cvssV4, severity } = record.ratings;
  return {
    source: "NVD",
    vuln_id: record.id,
    title: null,
    description: record.description || null,
    reference_links: record.references,
    credits: [],
    cwes: record.cwes,
    severity: SEVERITY_ORDER[severity],
    cvss: (cvssV4 ?? cvssV3 ?? cvssV2)?.score ?? -1,
    cvss_v2_vector: cvssV2?.vector ?? null,
    cvss_v2_score: cvssV2?.score ?? null,
    cvss_v3_vector: cvssV3?.vector ?? null,
    cvss_v3_score: cvssV3?.score ?? null,
    cvss_v4_vector: cvssV4?.vector ?? null,
    cvss_v4_score: cvssV4?.score ?? null,
    published: timestampOf(record.published),
    updated: timestampOf(record.modified),
    rejected: record.isRejected ? timestampOf(record.modified) : null,
    digest,
    known: true,
  };
}

/** Rows of `vulnerability_affected_cpe` of one record, in its order. */
export function affectedCpeRows(vulnerabilityId: number, { affected }: NvdRecord) {
  return affected
    .filter(({ cpe }) => cpe.product.length <= CPE_KEY_CHARS_MAX && cpe.vendor.length <= CPE_KEY_CHARS_MAX)
    .slice(0, AFFECTED_CPES_MAX)
    .map((one, ordinal) => affectedCpeRow(vulnerabilityId, ordinal, one));
}
