/** Values of enumerations by their number, in the words of JSON; undefined is what protobuf says where nothing is said. */
export type EnumWords = readonly (string | undefined)[];

export const componentTypes: EnumWords = [
  undefined,
  "application",
  "framework",
  "library",
  "operating-system",
  "device",
  "file",
  "container",
  "firmware",
  "device-driver",
  "platform",
  "machine-learning-model",
  "data",
  "cryptographic-asset",
];

export const scopes: EnumWords = [undefined, "required", "optional", "excluded"];

export const hashNames: EnumWords = [
  undefined,
  "MD5",
  "SHA-1",
  "SHA-256",
  "SHA-384",
  "SHA-512",
  "SHA3-256",
  "SHA3-384",
  "SHA3-512",
  "BLAKE2b-256",
  "BLAKE2b-384",
  "BLAKE2b-512",
  "BLAKE3",
  "Streebog-256",
  "Streebog-512",
];

export const referenceTypes: EnumWords =
  "other vcs issue-tracker website advisories bom mailing-list social chat documentation support distribution license build-meta build-system security-contact attestation threat-model adversary-model risk-assessment distribution-intake vulnerability-assertion exploitability-statement pentest-report static-analysis-report dynamic-analysis-report runtime-analysis-report component-analysis-report maturity-report certification-report quality-metrics codified-infrastructure model-card poam log configuration evidence formulation source-distribution electronic-signature digital-signature rfc-9116 release-notes patent patent-family patent-assertion citation".split(
    " ",
  );

export const dataFlows: EnumWords = [undefined, "inbound", "outbound", "bi-directional", "unknown"];

export const acknowledgements: EnumWords = [undefined, "declared", "concluded"];

export const severities: EnumWords = ["unknown", "critical", "high", "medium", "low", "info", "none"];

export const scoreMethods: EnumWords = [undefined, "CVSSv2", "CVSSv3", "CVSSv31", "OWASP", "other", "CVSSv4", "SSVC"];

export const analysisStates: EnumWords = [
  undefined,
  "resolved",
  "resolved_with_pedigree",
  "exploitable",
  "in_triage",
  "false_positive",
  "not_affected",
];

export const justifications: EnumWords = [
  undefined,
  "code_not_present",
  "code_not_reachable",
  "requires_configuration",
  "requires_dependency",
  "requires_environment",
  "protected_by_compiler",
  "protected_at_runtime",
  "protected_at_perimeter",
  "protected_by_mitigating_control",
];

export const responses: EnumWords = [
  undefined,
  "can_not_fix",
  "will_not_fix",
  "update",
  "rollback",
  "workaround_available",
];

export const affectedStatuses: EnumWords = ["unknown", "affected", "unaffected"];
