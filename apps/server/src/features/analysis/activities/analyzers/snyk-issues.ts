import { Terminal } from "@evertrack/engine/authoring";
import { z } from "zod";
import { type ReportedVulnerability, reportedVulnerability } from "../../../vulnerabilities/index.ts";

/** Of up to 100 packages; the most written-about have some hundreds each. */
const ISSUES_MAX = 50_000;
const LINKS_MAX = 200;
const ALIASES_MAX = 50;
const CWES_MAX = 50;
const ID_SHOWN = 100;

const text = z.string().nullish();
const issue = z.object({
  id: text,
  attributes: z.object({
    key: text,
    title: text,
    description: text,
    problems: z.array(z.object({ id: z.string(), source: z.string() })).nullish(),
    coordinates: z
      .array(z.object({ representations: z.array(z.looseObject({ package: z.looseObject({ url: text }).nullish() })) }))
      .nullish(),
    severities: z.array(z.object({ source: text, level: text, score: z.number().nullish(), vector: text })).nullish(),
    slots: z.looseObject({ references: z.array(z.looseObject({ url: text })).nullish() }).nullish(),
  }),
});
const answerBody = z.object({
  data: z.array(issue).max(ISSUES_MAX).optional(),
  errors: z.array(z.looseObject({ title: text, detail: text })).optional(),
});

type Issue = z.output<typeof issue>;
type Attributes = Issue["attributes"];
type Severity = NonNullable<Attributes["severities"]>[number];

/** Reads an answer about these package URLs, each of which is answered. Terminal when it is none, or has an issue that cannot be read. */
export function readSnykIssues(answer: Buffer, asked: readonly string[]): Map<string, ReportedVulnerability[]> {
  const parsed = answerBody.safeParse(parse(answer));
  const [fault] = parsed.data?.errors ?? [];
  if (fault !== undefined)
    throw new Terminal(`Snyk answered with an error: ${fault.detail ?? fault.title ?? "no reason"}`);
  if (parsed.data?.data === undefined) throw new Terminal("Snyk answered something that is no list of issues");
  const found = new Map<string, ReportedVulnerability[]>(asked.map((purl) => [purl, []]));
  const byName = new Map(asked.map((purl) => [nameOf(purl), found.get(purl)]));
  for (const one of parsed.data.data) {
    const issues = byName.get(nameOf(packageOf(one) ?? ""));
    // Leaving it out would retract it.
    if (issues === undefined) throw unreadable(one);
    issues.push(read(one));
  }
  return found;
}

/** The same however it is encoded. */
function nameOf(purl: string): string {
  try {
    return decodeURIComponent(purl).toLowerCase();
  } catch {
    return purl.toLowerCase();
  }
}

function parse(answer: Buffer): unknown {
  try {
    return JSON.parse(answer.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The package whose version was asked about; the first representation of coordinates is a path or a range, the second the package. */
function packageOf({ attributes: { coordinates } }: Issue): string | undefined {
  const [first] = coordinates ?? [];
  return first?.representations.find((one) => one.package?.url)?.package?.url ?? undefined;
}

function unreadable(one: Issue): Terminal {
  const name = one.attributes.key ?? one.id ?? "an issue without a name";
  return new Terminal(`Snyk answered something unreadable of "${name.slice(0, ID_SHOWN)}"`);
}

const SNYK_ID = /^SNYK-/i;
const CWE = /^CWE-(\d{1,6})$/i;

function read(one: Issue): ReportedVulnerability {
  const { key, title, description, problems, severities, slots } = one.attributes;
  const named = problems ?? [];
  const vulnId =
    [key, one.id].find((id) => id && SNYK_ID.test(id)) ?? named.find(({ source }) => source === "SNYK")?.id;
  const links = (slots?.references ?? []).map(({ url }) => url).filter(isLink);
  const referenceUrl = `https://security.snyk.io/vuln/${encodeURIComponent(vulnId ?? "")}`;
  const parsed = reportedVulnerability.safeParse({
    source: "SNYK",
    vulnId,
    title: title ?? undefined,
    description: description ?? undefined,
    cwes: named.flatMap(({ id }) => Number(CWE.exec(id)?.[1] ?? 0) || []).slice(0, CWES_MAX),
    ratings: bestOfMethods(severities ?? []),
    references: [...new Set([referenceUrl, ...links])].slice(0, LINKS_MAX),
    aliases: named.flatMap(aliasOf).slice(0, ALIASES_MAX),
    referenceUrl,
  });
  if (!parsed.success) throw unreadable(one);
  return parsed.data;
}

function aliasOf({ id }: { id: string }) {
  if (/^CVE-\d{4}-\d{4,19}$/i.test(id)) return [{ source: "NVD", vulnId: id.toUpperCase() }];
  return /^GHSA(-[0-9a-z]{4}){3}$/i.test(id) ? [{ source: "GITHUB", vulnId: `GHSA${id.slice(4).toLowerCase()}` }] : [];
}

const METHODS = [
  ["CVSS:4", "CVSSV4"],
  ["CVSS:3.1", "CVSSV31"],
  ["CVSS:3", "CVSSV3"],
  ["AV:", "CVSSV2"],
] as const;
/** Whose rating is taken where several rate by the same method. */
const PREFERRED = ["NVD", "SNYK", "RED HAT", "SUSE"];

/** One rating for each method: of the most preferred source, then the highest. */
function bestOfMethods(severities: readonly Severity[]) {
  const rank = ({ source }: Severity) => {
    const at = PREFERRED.indexOf(source?.toUpperCase() ?? "");
    return at < 0 ? PREFERRED.length : at;
  };
  const ordered = severities.toSorted((a, b) => rank(a) - rank(b) || (b.score ?? -1) - (a.score ?? -1));
  const best = new Map<string | undefined, Severity>();
  for (const one of ordered) {
    const method = METHODS.find(([prefix]) => one.vector?.startsWith(prefix))?.[1];
    const family = method === "CVSSV31" ? "CVSSV3" : method;
    if (!best.has(family)) best.set(family, one);
  }
  return [...best.values()].map(({ source, level, score, vector }) => ({
    source: source ?? undefined,
    method: METHODS.find(([prefix]) => vector?.startsWith(prefix))?.[1],
    vector: vector ?? undefined,
    score: score ?? undefined,
    severity: level?.toUpperCase(),
  }));
}

function isLink(value: string | null | undefined): value is string {
  return typeof value === "string" && reportedVulnerability.shape.references.element.safeParse(value).success;
}
