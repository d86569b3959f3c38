/** Vulnerabilities as people name them: an id such as `CVE-2021-23337`, or `SOURCE/id` where several sources have it. */
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { vulnerabilityAnswer } from "./answers.ts";
import { type Api, callJsonUnless } from "./http.ts";

const SOURCES = ["OSV", "NVD", "GITHUB", "INTERNAL", "SNYK", "OSSINDEX", "VULNDB", "CX"];
const SOURCE_OF_PREFIX: readonly (readonly [prefix: RegExp, source: string])[] = [
  [/^CVE-/i, "NVD"],
  [/^GHSA-/i, "GITHUB"],
  [/^INT(ERNAL)?-/, "INTERNAL"],
  [/^SNYK-/, "SNYK"],
];

/** A vulnerability as the API addresses it. */
export interface VulnerabilityName {
  readonly source: string;
  readonly vulnId: string;
}

/** What a name can mean, likeliest first; one only where it names the source. */
export function vulnerabilitiesMeant(name: string): VulnerabilityName[] {
  const [, named, id] = /^([A-Z]+)\/(.+)$/.exec(name) ?? [undefined, undefined, name];
  const vulnId = /^cve-/i.test(id ?? "") ? (id ?? "").toUpperCase() : (id ?? "");
  const likely = SOURCE_OF_PREFIX.find(([prefix]) => prefix.test(vulnId))?.[1];
  const sources = named === undefined ? new Set([...(likely === undefined ? [] : [likely]), ...SOURCES]) : [named];
  return [...sources].map((source) => ({ source, vulnId }));
}

/** The vulnerability that is called so, with its UUID; ends with 2 when there is none. */
export async function findVulnerability(api: Api, name: string): Promise<VulnerabilityName & { uuid: string }> {
  for (const { source, vulnId } of vulnerabilitiesMeant(name)) {
    const path = `/api/v1/vulnerability/source/${source}/vuln/${encodeURIComponent(vulnId)}`;
    const found = await callJsonUnless(api, { method: "GET", path }, [404], vulnerabilityAnswer);
    if (found !== undefined) return { source, vulnId, uuid: found.uuid };
  }
  throw new CliError(EXIT.usage, `The server knows no vulnerability ${name}.`, {
    details: ["Is the source that names it mirrored?"],
  });
}
