// Who issued an identifier, as far as the identifier tells (spec analysis §1).

/** The vulnerability sources that this product distinguishes. */
export type VulnerabilitySource =
  | "NVD"
  | "GITHUB"
  | "VULNDB"
  | "OSSINDEX"
  | "INTERNAL"
  | "OSV"
  | "SNYK"
  | "CX"
  | "UNKNOWN";

const SOURCES_BY_FORM: [form: RegExp, source: VulnerabilitySource][] = [
  [/^CVE-\d{4}-\d{4,}$/i, "NVD"],
  [/^GHSA-/i, "GITHUB"],
  [/^SNYK-/i, "SNYK"],
  [/^Cx[0-9a-f]{8}-[0-9a-f]{4}$/i, "CX"],
  [/^INTERNAL-/i, "INTERNAL"],
];

/** The source of an identifier found in OSV data: what has no owner of its own belongs to OSV. */
export function sourceOfOsvId(id: string): VulnerabilitySource {
  return SOURCES_BY_FORM.find(([form]) => form.test(id))?.[1] ?? "OSV";
}
