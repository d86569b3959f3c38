import { Terminal } from "@evertrack/engine/authoring";
import { sourceOfOsvId } from "@evertrack/matching";
import { z } from "zod";
import { type ReportedVulnerability, reportedVulnerability } from "../../../vulnerabilities/index.ts";

const RESULTS_MAX = 10_000;
const VULNERABILITIES_MAX = 100_000;
const LINKS_MAX = 200;
const CWES_MAX = 50;
const ID_SHOWN = 100;
/** Of a vulnerability that a version mends (type Status of Trivy). */
const FIXED = 3;

const text = z.string().nullish();
const cvss = z.looseObject({
  v2_vector: text,
  v2_score: z.number().nullish(),
  v3_vector: text,
  v3_score: z.number().nullish(),
  v40_vector: text,
  v40_score: z.number().nullish(),
});
const vulnerability = z.looseObject({
  vulnerability_id: z.string(),
  title: text,
  description: text,
  severity: text,
  references: z.array(z.string()).nullish(),
  pkg_identifier: z.looseObject({ purl: text }).nullish(),
  severity_source: text,
  cvss: z.record(z.string(), cvss).nullish(),
  cwe_ids: z.array(z.string()).nullish(),
  primary_url: text,
  status: z.number().nullish(),
});
const scanAnswer = z.object({
  results: z
    .array(z.looseObject({ vulnerabilities: z.array(vulnerability).max(VULNERABILITIES_MAX).nullish() }))
    .max(RESULTS_MAX)
    .nullish(),
});
type Stated = z.output<typeof vulnerability>;

/** Adds what a scan found to `found`, by the keys of its purls. Terminal when it is no answer, or has something that cannot be read. */
export function readScan(
  answer: Buffer,
  {
    ignoreUnfixed,
    keysByPurl,
    found,
  }: {
    ignoreUnfixed: boolean;
    keysByPurl: ReadonlyMap<string, readonly string[]>;
    found: Map<string, ReportedVulnerability[]>;
  },
): void {
  const parsed = scanAnswer.safeParse(parse(answer));
  if (!parsed.success) throw new Terminal("Trivy answered something that is no result of a scan");
  for (const stated of (parsed.data.results ?? []).flatMap(({ vulnerabilities }) => vulnerabilities ?? [])) {
    if (ignoreUnfixed && stated.status !== FIXED) continue;
    for (const key of keysByPurl.get(stated.pkg_identifier?.purl ?? "") ?? []) found.get(key)?.push(read(stated));
  }
}

function parse(answer: Buffer): unknown {
  try {
    return JSON.parse(answer.toString("utf8"));
  } catch {
    return undefined;
  }
}

function read(stated: Stated): ReportedVulnerability {
  const id = stated.vulnerability_id;
  const { title, description, primary_url: url } = stated;
  const source = sourceOfOsvId(id);
  const links = [url, ...(stated.references ?? [])].filter(isLink);
  const parsed = reportedVulnerability.safeParse({
    source: source === "NVD" || source === "GITHUB" || source === "SNYK" ? source : "OSV",
    vulnId: source === "NVD" ? id.toUpperCase() : id,
    title: title || undefined,
    description: description || undefined,
    cwes: (stated.cwe_ids ?? [])
      .flatMap((cwe) => Number(/^CWE-(\d{1,6})$/i.exec(cwe)?.[1] ?? 0) || [])
      .slice(0, CWES_MAX),
    ratings: ratingsOf(stated),
    references: [...new Set(links)].slice(0, LINKS_MAX),
    aliases: [],
    referenceUrl: isLink(url) ? url : undefined,
  });
  // Leaving it out would retract it.
  if (!parsed.success) throw new Terminal(`Trivy answered something unreadable of "${id.slice(0, ID_SHOWN)}"`);
  return parsed.data;
}

/** As the source rates it that Trivy took the severity from; the severity alone where that has no vectors. */
function ratingsOf({ severity, severity_source: source, cvss: ratings }: Stated) {
  const rated = source ? ratings?.[source] : undefined;
  const named = { source: source || undefined };
  const [v2, v3, v4] = [rated?.v2_vector, rated?.v3_vector, rated?.v40_vector];
  const vectors = [
    ...(v2 ? [{ ...named, method: "CVSSV2", vector: v2, score: rated?.v2_score || undefined }] : []),
    ...(v3
      ? [
          {
            ...named,
            method: v3.startsWith("CVSS:3.1") ? "CVSSV31" : "CVSSV3",
            vector: v3,
            score: rated?.v3_score || undefined,
          },
        ]
      : []),
    ...(v4 ? [{ ...named, method: "CVSSV4", vector: v4, score: rated?.v40_score || undefined }] : []),
  ];
  const level = severity === "UNKNOWN" || !severity ? "UNASSIGNED" : severity;
  return vectors.length > 0 ? vectors : [{ ...named, severity: level }];
}

function isLink(value: string | null | undefined): value is string {
  return typeof value === "string" && reportedVulnerability.shape.references.element.safeParse(value).success;
}
