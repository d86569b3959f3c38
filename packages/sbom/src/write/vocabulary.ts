/** Words of CycloneDX, by the version that brought them. What a version lacks is said in the nearest word it has. */
import type { Classifier, HashAlgorithm } from "../bom.ts";
import { type Dialect, since } from "./dialect.ts";
import type { BomSpecVersion } from "./versions.ts";

const typesSince: Readonly<Partial<Record<Classifier, BomSpecVersion>>> = {
  PLATFORM: "1.5",
  DEVICE_DRIVER: "1.5",
  MACHINE_LEARNING_MODEL: "1.5",
  DATA: "1.5",
  CRYPTOGRAPHIC_ASSET: "1.6",
};

/** What a component of a type is called where its own type does not exist. */
const typesBefore: Readonly<Partial<Record<Classifier, Classifier>>> = {
  PLATFORM: "APPLICATION",
  DEVICE_DRIVER: "FIRMWARE",
  MACHINE_LEARNING_MODEL: "FILE",
  DATA: "FILE",
  CRYPTOGRAPHIC_ASSET: "FILE",
};

const referenceTypes: Readonly<Record<"1.2" | "1.4" | "1.5" | "1.6" | "1.7", string>> = {
  "1.2":
    "vcs issue-tracker website advisories bom mailing-list social chat documentation support distribution license build-meta build-system other",
  "1.4": "release-notes",
  "1.5":
    "distribution-intake security-contact model-card log configuration evidence formulation attestation threat-model adversary-model risk-assessment vulnerability-assertion exploitability-statement pentest-report static-analysis-report dynamic-analysis-report runtime-analysis-report component-analysis-report maturity-report certification-report codified-infrastructure quality-metrics poam",
  "1.6": "source-distribution electronic-signature digital-signature rfc-9116",
  "1.7": "patent patent-family patent-assertion citation",
};
const referenceTypesSince = wordsSince(referenceTypes);

const ratingMethodsSince = wordsSince({ "1.4": "CVSSv2 CVSSv3 CVSSv31 OWASP other", "1.5": "CVSSv4 SSVC" });

const hashNames: Readonly<Record<HashAlgorithm, string>> = {
  md5: "MD5",
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
  sha3_256: "SHA3-256",
  sha3_384: "SHA3-384",
  sha3_512: "SHA3-512",
  blake2b_256: "BLAKE2b-256",
  blake2b_384: "BLAKE2b-384",
  blake2b_512: "BLAKE2b-512",
  blake3: "BLAKE3",
  streebog_256: "Streebog-256",
  streebog_512: "Streebog-512",
};
const hashesSince17: ReadonlySet<HashAlgorithm> = new Set<HashAlgorithm>(["streebog_256", "streebog_512"]);

/** What enumerations hold that are the same in all versions. */
const words = {
  severity: new Set(["critical", "high", "medium", "low", "info", "none", "unknown"]),
  state: new Set(["resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive", "not_affected"]),
  justification: new Set([
    "code_not_present",
    "code_not_reachable",
    "requires_configuration",
    "requires_dependency",
    "requires_environment",
    "protected_by_compiler",
    "protected_at_runtime",
    "protected_at_perimeter",
    "protected_by_mitigating_control",
  ]),
  response: new Set(["can_not_fix", "will_not_fix", "update", "rollback", "workaround_available"]),
  status: new Set(["affected", "unaffected", "unknown"]),
} as const;

/** The word if the enumeration holds it. */
export function wordOf(enumeration: keyof typeof words, word: string | undefined): string | undefined {
  return word !== undefined && words[enumeration].has(word) ? word : undefined;
}

/** The component type, or the one nearest to it. */
export function typeIn(dialect: Dialect, type: Classifier): string {
  const known = since(dialect, typesSince[type] ?? "1.2");
  return (known ? type : (typesBefore[type] ?? "LIBRARY")).toLowerCase().replaceAll("_", "-");
}

/** The type of an external reference, `other` where the version does not know it. */
export function referenceTypeIn(dialect: Dialect, type: string): string {
  return since(dialect, referenceTypesSince.get(type) ?? never) ? type : "other";
}

/** The method of a rating, `other` where the version does not know it. */
export function ratingMethodIn(dialect: Dialect, method: string | undefined): string | undefined {
  if (method === undefined) return undefined;
  return since(dialect, ratingMethodsSince.get(method) ?? never) ? method : "other";
}

/** The name of a hash algorithm, if the version knows it. */
export function hashNameIn(dialect: Dialect, algorithm: HashAlgorithm): string | undefined {
  return hashesSince17.has(algorithm) && !since(dialect, "1.7") ? undefined : hashNames[algorithm];
}

/** Later than every version there is. */
const never = "9.9" as BomSpecVersion;

function wordsSince(table: Readonly<Partial<Record<BomSpecVersion, string>>>): ReadonlyMap<string, BomSpecVersion> {
  const entries = Object.entries(table) as [BomSpecVersion, string][];
  return new Map(entries.flatMap(([version, list]) => list.split(" ").map((word) => [word, version] as const)));
}
