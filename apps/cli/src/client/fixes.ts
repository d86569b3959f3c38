/**
 * Versions that have the fix, from the advisories: the ends of the affected ranges of the component's package. An advisory
 * names one per line of releases; which of them suits is left to the reader, because orders of versions differ by ecosystem.
 */
import { type Finding, vulnerabilityAnswer } from "./answers.ts";
import { type Api, callJsonUnless } from "./http.ts";

/** Fixed versions per finding; empty where the advisory names none. */
export type Fixes = (finding: Finding) => readonly string[];

/** Only the worst ones are looked up: a table of thousands of rows is not read line by line. */
const LOOKUPS_MAX = 300;
const LOOKUPS_AT_ONCE = 6;

/** Looks the advisories of findings up, each once; what may not be read counts as naming no fix. */
export async function lookUpFixes(api: Api, findings: readonly Finding[]): Promise<Fixes> {
  const wanted = [...new Map(findings.map((finding) => [advisoryKey(finding), finding])).values()].slice(
    0,
    LOOKUPS_MAX,
  );
  const ends = new Map<string, ReadonlyMap<string, readonly string[]>>();
  const lookUpNext = async () => {
    for (let finding = wanted.shift(); finding !== undefined; finding = wanted.shift()) {
      ends.set(advisoryKey(finding), await rangeEnds(api, finding));
    }
  };
  await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, lookUpNext));
  return (finding) => ends.get(advisoryKey(finding))?.get(packageOf(finding.component.purl ?? "")) ?? [];
}

/** Package → first versions that are not affected any more. */
async function rangeEnds(api: Api, { vulnerability }: Finding): Promise<ReadonlyMap<string, readonly string[]>> {
  const path = `/api/v1/vulnerability/source/${encodeURIComponent(vulnerability.source)}/vuln/${encodeURIComponent(vulnerability.vulnId)}`;
  const found = await callJsonUnless(api, { method: "GET", path }, [403, 404], vulnerabilityAnswer);
  const ends = new Map<string, string[]>();
  for (const { identity, identityType, versionEndExcluding } of found?.affectedComponents ?? []) {
    if (identityType !== "PURL" || versionEndExcluding === undefined) continue;
    const known = ends.get(packageOf(identity)) ?? [];
    if (!known.includes(versionEndExcluding)) ends.set(packageOf(identity), [...known, versionEndExcluding]);
  }
  return ends;
}

function advisoryKey({ vulnerability }: Finding): string {
  return `${vulnerability.source}/${vulnerability.vulnId}`;
}

/** A purl without version, qualifiers and subpath. */
function packageOf(purl: string): string {
  const [plain = ""] = purl.split(/[?#]/);
  const at = plain.lastIndexOf("@");
  return at > plain.lastIndexOf("/") ? plain.slice(0, at) : plain;
}
