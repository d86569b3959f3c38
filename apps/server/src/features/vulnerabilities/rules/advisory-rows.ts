import { type OsvAdvisory, SEVERITY_ORDER } from "@evertrack/matching";

/** An alias beyond this length is no identifier, and would not fit an index. */
const IDENTIFIER_CHARS_MAX = 255;
const ALIASES_MAX = 200;
const PACKAGE_KEY_CHARS_MAX = 1_024;
const EARLIEST = Date.parse("1970-01-02T00:00:00Z");
const LATEST = Date.parse("9999-12-31T00:00:00Z");

/** An advisory that was read, with the digest of what it was read from. */
export interface ReadAdvisory {
  advisory: OsvAdvisory;
  /** Hexadecimal. */
  digest: string;
  /** This ecosystem listed it before; a first listing must not bring back an older state of it. */
  known: boolean;
}

/** Columns of `vulnerability` as a JSON record. */
export function vulnerabilityRow({ advisory, digest, known }: ReadAdvisory) {
  const { cvssV2, cvssV3, cvssV4, level } = advisory.severity;
  return {
    source: sourceOf(advisory),
    vuln_id: advisory.id,
    title: advisory.title || null,
    description: advisory.description || null,
    reference_links: advisory.references,
    credits: advisory.credits,
    cwes: advisory.cwes,
    severity: SEVERITY_ORDER[level],
    cvss: (cvssV4 ?? cvssV3 ?? cvssV2)?.score ?? -1,
    cvss_v2_vector: cvssV2?.vector ?? null,
    cvss_v2_score: cvssV2?.score ?? null,
    cvss_v3_vector: cvssV3?.vector ?? null,
    cvss_v3_score: cvssV3?.score ?? null,
    cvss_v4_vector: cvssV4?.vector ?? null,
    cvss_v4_score: cvssV4?.score ?? null,
    published: timestampOf(advisory.published),
    updated: timestampOf(advisory.modified),
    rejected: timestampOf(advisory.withdrawn),
    digest,
    known,
  };
}

/** Mirrors never own internal vulnerabilities, whatever an id looks like (spec analysis §2, update authority). */
export function sourceOf(advisory: OsvAdvisory): string {
  return advisory.source === "INTERNAL" ? "OSV" : advisory.source;
}

/** Rows of `vulnerability_affected` of one advisory, in the advisory's order. */
export function affectedRows(vulnerabilityId: number, advisory: OsvAdvisory) {
  return advisory.affected
    .filter(({ packageKey }) => packageKey.length <= PACKAGE_KEY_CHARS_MAX)
    .map(({ packageKey, scheme, ecosystem, purl, distro, versions, ranges, patched }, ordinal) => ({
      vulnerability_id: vulnerabilityId,
      ordinal,
      package_key: packageKey,
      scheme,
      ecosystem,
      purl: purl ?? null,
      distro: distro ?? null,
      affected: { versions, ranges, patched },
    }));
}

/** Aliases worth keeping. */
export function aliasRows(advisory: OsvAdvisory) {
  return advisory.aliases
    .filter(({ id }) => id.length <= IDENTIFIER_CHARS_MAX)
    .slice(0, ALIASES_MAX)
    .map(({ source, id }) => ({
      source: sourceOf(advisory),
      vuln_id: advisory.id,
      alias_source: source,
      alias_id: id,
    }));
}

/** ISO time, or null where the text stands for no time (feeds write the year 1). */
export function timestampOf(text: string | undefined): string | null {
  const epochMs = text === undefined ? Number.NaN : Date.parse(text);
  return epochMs >= EARLIEST && epochMs <= LATEST ? new Date(epochMs).toISOString() : null;
}
