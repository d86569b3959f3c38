/**
 * OSS Index (spec: analysis §4.2): POST of package coordinates, 128 at a time. It knows vulnerabilities by their CVE, which then belong to
 * NVD, and by identifiers of its own.
 */
import { Terminal } from "@evertrack/engine/authoring";
import { purlCoordinates } from "@evertrack/matching";
import { z } from "zod";
import type { Config } from "../../../../platform/config/index.ts";
import type { Outbound } from "../../../../platform/outbound/index.ts";
import { type ReportedVulnerability, reportedVulnerability } from "../../../vulnerabilities/index.ts";
import { type AnalyzerConfig, type ExternalAnalyzer, VULN_ANALYZER } from "../../analyzers.ts";
import { analysisProperties } from "../../config.ts";
import { postToAnalyzer } from "./post.ts";

const COORDINATES_MAX = 128;
const TIMEOUT_MS = 10_000;
const ANSWER_SIZE_MAX_BYTES = 64 * 1024 ** 2;
/** Of one package; the most written-about have some hundreds. */
const VULNERABILITIES_MAX = 5_000;
const TYPES: ReadonlySet<string> = new Set(
  "cargo cocoapods composer conan conda cran gem golang maven npm nuget pypi rpm swift".split(" "),
);

interface OssIndexConfig extends AnalyzerConfig {
  apiUrl: string;
  username?: string | undefined;
}

const schema: z.ZodType<OssIndexConfig> = z.strictObject({
  enabled: z.boolean().default(false).describe("Ask this analyzer"),
  aliasSyncEnabled: z.boolean().default(false).describe("Take over which CVE an entry of OSS Index stands for"),
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .default("https://ossindex.sonatype.org")
    .describe("Base URL of the service"),
  username: z.string().min(1).max(255).optional().describe("Name the token belongs to; absent = a bearer token"),
});

interface OssIndexDeps {
  config: Config;
  outbound: Outbound;
}

/** The analyzer OSS Index. */
export function ossIndex({ config, outbound }: OssIndexDeps): ExternalAnalyzer<OssIndexConfig> {
  const token = config.find(analysisProperties.ossIndexToken) || undefined;
  const { name: tokenProperty } = analysisProperties.ossIndexToken;
  return {
    name: "oss-index",
    extension: {
      point: VULN_ANALYZER,
      name: "oss-index",
      displayName: "OSS Index",
      schema,
      check: async ({ enabled }) => (enabled && token === undefined ? `${tokenProperty} is not set` : undefined),
    },
    cacheTtlMs: config.get(analysisProperties.ossIndexTtlMs),
    batchSizeMax: COORDINATES_MAX,
    keyOf: ({ purl }) =>
      TYPES.has(purl.type) && purl.version !== undefined && purl.version !== "" ? purlCoordinates(purl) : undefined,
    async ask({ apiUrl, username }, coordinates, signal) {
      if (token === undefined) throw new Terminal(`${tokenProperty} is not set`);
      const answer = await postToAnalyzer(outbound, {
        url: `${apiUrl.replace(/\/+$/, "")}/api/v3/component-report`,
        headers: {
          accept: "application/json",
          "content-type": "application/json",
          authorization: authorizationOf(username, token),
        },
        body: JSON.stringify({ coordinates }),
        allowLocal: config.get(analysisProperties.ossIndexAllowLocal),
        allowLocalProperty: analysisProperties.ossIndexAllowLocal.name,
        sizeMaxBytes: ANSWER_SIZE_MAX_BYTES,
        timeoutMs: TIMEOUT_MS,
        signal,
      });
      return readReports(answer, coordinates);
    },
  };
}

function authorizationOf(username: string | undefined, token: string): string {
  if (username === undefined) return `Bearer ${token}`;
  return `Basic ${Buffer.from(`${username}:${token}`).toString("base64")}`;
}

const text = z.string().nullish();
const reports = z
  .array(
    z.object({
      coordinates: z.string(),
      reference: text,
      vulnerabilities: z
        .array(
          z.object({
            id: z.string(),
            title: text,
            description: text,
            cvssScore: z.number().nullish(),
            cvssVector: text,
            cwe: text,
            cve: text,
            reference: text,
            externalReferences: z.array(z.string()).nullish(),
          }),
        )
        .max(VULNERABILITIES_MAX)
        .nullish(),
    }),
  )
  .max(COORDINATES_MAX);
type StatedVulnerability = NonNullable<z.output<typeof reports>[number]["vulnerabilities"]>[number];

/** Reads an answer; coordinates are compared whatever their case, since OSS Index answers in its own. Terminal when it is none. */
function readReports(answer: Buffer, asked: readonly string[]): Map<string, ReportedVulnerability[]> {
  const parsed = reports.safeParse(parse(answer));
  if (!parsed.success) throw new Terminal("OSS Index answered something that is no list of component reports");
  const keys = Map.groupBy(asked, (key) => key.toLowerCase());
  const found = new Map<string, ReportedVulnerability[]>();
  for (const { coordinates, reference, vulnerabilities } of parsed.data) {
    const vulnerabilitiesRead = (vulnerabilities ?? []).map((one) => read(one, reference));
    for (const key of keys.get(coordinates.toLowerCase()) ?? []) found.set(key, vulnerabilitiesRead);
  }
  return found;
}

function parse(answer: Buffer): unknown {
  try {
    return JSON.parse(answer.toString("utf8"));
  } catch {
    return undefined;
  }
}

const CVE = /^CVE-\d{4}-\d{4,19}$/;
const METHODS = [
  ["CVSS:4", "CVSSV4"],
  ["CVSS:3.1", "CVSSV31"],
  ["CVSS:3", "CVSSV3"],
  ["AV:", "CVSSV2"],
] as const;

function read(stated: StatedVulnerability, reportReference: string | null | undefined): ReportedVulnerability {
  const isCve = /^cve-/i.test(stated.id);
  const cve = stated.cve?.toUpperCase() ?? "";
  const cwe = Number(/^CWE-(\d{1,6})$/i.exec(stated.cwe ?? "")?.[1] ?? 0);
  const vector = stated.cvssVector ?? undefined;
  const method = METHODS.find(([prefix]) => vector?.startsWith(prefix))?.[1];
  const score = stated.cvssScore ?? undefined;
  const source = isCve ? "NVD" : "OSSINDEX";
  const links = [stated.reference, ...(stated.externalReferences ?? [])].filter(isLink);
  const parsed = reportedVulnerability.safeParse({
    source,
    vulnId: isCve ? stated.id.toUpperCase() : stated.id,
    title: stated.title ?? undefined,
    description: stated.description ?? undefined,
    cwes: cwe > 0 ? [cwe] : [],
    ratings: vector === undefined && score === undefined ? [] : [{ source, method, vector, score }],
    references: [...new Set(links)].slice(0, LINKS_MAX),
    aliases: !isCve && CVE.test(cve) ? [{ source: "NVD", vulnId: cve }] : [],
    referenceUrl: isLink(reportReference) ? reportReference : undefined,
  });
  // Leaving it out would retract it.
  if (!parsed.success)
    throw new Terminal(`OSS Index answered something unreadable of "${stated.id.slice(0, ID_SHOWN)}"`);
  return parsed.data;
}

const LINKS_MAX = 200;
const ID_SHOWN = 100;

function isLink(value: string | null | undefined): value is string {
  return typeof value === "string" && reportedVulnerability.shape.references.element.safeParse(value).success;
}
