/**
 * Versions that have the fix. The server knows the lowest one above the component's own that a vulnerability does not affect; one that
 * does not tell (before 0.4.0) has the ends of the affected ranges in its advisories, one per line of releases, and which of them suits is
 * left to the reader, because orders of versions differ by ecosystem.
 */
import { projectFix, projectFixesResponse } from "@evertrack/contract/v2/fixes";
import { z } from "zod";
import { type Finding, vulnerabilityAnswer } from "./answers.ts";
import { type Api, callJsonUnless } from "./http.ts";

/** Fixed versions per finding; empty where none is known. */
export type Fixes = (finding: Finding) => readonly string[];

/** Only the worst ones are looked up: a table of thousands of rows is not read line by line. */
const LOOKUPS_MAX = 300;
const LOOKUPS_AT_ONCE = 6;
/** Components, worst first, whose fixes are asked for: PAGES_MAX times PAGE_SIZE. */
const PAGES_MAX = 20;
const PAGE_SIZE = 100;

/** Newer servers may have other words for how it went. */
const fixesAnswer = projectFixesResponse.extend({
  graph: z.string(),
  items: z.array(projectFix.pick({ component: true, vulnerabilities: true })),
});

/** What is known of fixes for findings of a project. */
export async function lookUpFixes(api: Api, projectUuid: string, findings: readonly Finding[]): Promise<Fixes> {
  if (findings.length === 0) return () => [];
  return (await askForFixes(api, projectUuid)) ?? (await readFixesOfAdvisories(api, findings));
}

/** Undefined where the server does not tell. */
async function askForFixes(api: Api, projectUuid: string): Promise<Fixes | undefined> {
  const path = `/api/v2/projects/${projectUuid}/fixes`;
  const fixed = new Map<string, string>();
  let place: Record<string, string> = {};
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = { limit: String(PAGE_SIZE), ...place };
    const answer = await callJsonUnless(api, { method: "GET", path, query }, [403, 404, 501], fixesAnswer);
    if (answer === undefined) return undefined;
    for (const { component, vulnerabilities } of answer.items)
      for (const { source, vuln_id: id, fixed_in: version } of vulnerabilities)
        if (version !== undefined) fixed.set(`${component.uuid} ${source}/${id}`, version);
    if (answer.next_page_token === undefined) break;
    place = { page_token: answer.next_page_token };
  }
  return (finding) => {
    const [, component = ""] = finding.matrix.split(":");
    return [fixed.get(`${component} ${advisoryKey(finding)}`)].filter((version) => version !== undefined);
  };
}

/** Looks the advisories of findings up, each once; what may not be read counts as naming no fix. */
async function readFixesOfAdvisories(api: Api, findings: readonly Finding[]): Promise<Fixes> {
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
