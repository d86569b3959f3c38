import { SEVERITY_ORDER, type Severity } from "@evertrack/matching";

/** What a result says of a finding. */
interface SarifFinding {
  componentUuid: string;
  name: string;
  group: string | null;
  version: string | null;
  purl: string | null;
  suppressed: boolean;
  state: string | null;
  details: string | null;
}

/** What a rule says of a vulnerability. */
interface SarifVulnerability {
  uuid: string;
  source: string;
  vulnId: string;
  title: string | null;
  description: string | null;
  recommendation: string | null;
  references: readonly string[];
  cwes: readonly number[];
  /** 0 UNASSIGNED to 5 CRITICAL. */
  severity: number;
  cvssV3Score: number | null;
  cvssV4Score: number | null;
}

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/** Up to the first result; what follows the results is `sarifEnd`, since rules are known only then. */
export function sarifStart(): string {
  return `{"$schema":${JSON.stringify(SCHEMA)},"version":"2.1.0","runs":[{"results":[`;
}

/** The tool with its rules, and the end of the document. */
export async function* sarifEnd(version: string, rules: AsyncIterable<string>): AsyncGenerator<string> {
  const driver = JSON.stringify({ name: "Evertrack", version, semanticVersion: version });
  yield `],"columnKind":"utf16CodeUnits","tool":{"driver":${driver.slice(0, -1)},"rules":[`;
  yield* rules;
  yield "]}}}]}";
}

/** One finding. */
export function sarifResult(project: { uuid: string }, finding: SarifFinding, vulnerability: SarifVulnerability) {
  const { vulnId, uuid, source } = vulnerability;
  const coordinates = [finding.group, finding.name, finding.version].filter((part) => part !== null).join(":");
  return {
    ruleId: vulnId,
    rule: { id: vulnId, guid: uuid },
    level: levelOf(vulnerability.severity),
    message: { text: `${coordinates} is affected by ${vulnId}${titleOf(vulnerability)}` },
    locations: [{ logicalLocations: [{ fullyQualifiedName: finding.purl ?? coordinates, kind: "module" }] }],
    partialFingerprints: { "finding/v1": `${project.uuid}:${finding.componentUuid}:${uuid}` },
    ...(finding.suppressed && { suppressions: [suppressionOf(finding)] }),
    properties: { name: finding.name, group: finding.group ?? "", version: finding.version ?? "", source },
  };
}

function suppressionOf({ state, details }: SarifFinding) {
  const justification = [state, details].filter((part) => part !== null && part !== "").join(": ");
  return { kind: "external", status: "accepted", ...(justification !== "" && { justification }) };
}

function titleOf({ title }: SarifVulnerability): string {
  return title === null ? "" : `: ${title}`;
}

/** One vulnerability. */
export function sarifRule(vulnerability: SarifVulnerability) {
  const { vulnId, uuid, source, title, description, recommendation, severity, cwes, references } = vulnerability;
  const score = vulnerability.cvssV4Score ?? vulnerability.cvssV3Score;
  const helpUri = references.find((url) => /^https?:\/\//.test(url) && URL.canParse(url));
  return {
    id: vulnId,
    guid: uuid,
    shortDescription: { text: title ?? vulnId },
    ...(description !== null && description !== "" && { fullDescription: { text: description } }),
    ...(recommendation !== null && recommendation !== "" && { help: { text: recommendation } }),
    ...(helpUri !== undefined && { helpUri }),
    defaultConfiguration: { level: levelOf(severity) },
    properties: {
      tags: ["security", `source/${source}`, ...cwes.map((cwe) => `external/cwe/cwe-${cwe}`)],
      // What code scanning services sort by; a text, as they expect it.
      ...(score !== null && { "security-severity": score.toFixed(1) }),
    },
  };
}

const LEVELS: Readonly<Record<Severity, "error" | "warning" | "note" | "none">> = {
  CRITICAL: "error",
  HIGH: "error",
  MEDIUM: "warning",
  LOW: "note",
  INFO: "note",
  UNASSIGNED: "none",
};

function levelOf(severity: number): string {
  const [name] = Object.entries(SEVERITY_ORDER).find(([, order]) => order === severity) ?? ["UNASSIGNED"];
  return LEVELS[name as Severity];
}
