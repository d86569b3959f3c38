/**
 * What a BOM says, independent of the format it came in. All texts are trimmed, blank ones are absent, and characters
 * that PostgreSQL cannot store (NUL, lone surrogates) are gone. Nothing is resolved here: purls, CPEs and licences are
 * as written.
 */

/** The spec versions that are read, oldest first: XML in all of them, JSON from 1.2 on, protobuf from 1.3 on. */
export const specVersions = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] as const;

/** A CycloneDX version that can be read. */
export type SpecVersion = (typeof specVersions)[number];

/** A BOM with its whole inventory. */
export interface Bom extends BomHead {
  /** Flat: children come before their parent, the hierarchy is gone; `metadata.component` itself is not among them. */
  components: BomComponent[];
  /** One entry per `dependencies` element, in document order; the same `ref` may occur more than once. */
  dependencies: BomDependency[];
  /** What is said of vulnerabilities (since 1.4), in document order: a VEX consists of these. */
  vulnerabilities: BomVulnerability[];
  /** What was tolerated or left out on the way, capped at `BomLimits.notesMax`. */
  notes: BomNote[];
}

/** All of a BOM but the parts that may be huge. */
export interface BomHead {
  format: "CycloneDX";
  specVersion: SpecVersion;
  /** Without the `urn:uuid:` prefix. */
  serialNumber?: string;
  /** 1 where the document names none. */
  version: number;
  /** RFC 3339 in UTC. */
  timestamp?: string;
  metadata: BomMetadata;
  /** Flat, like `Bom.components`. */
  services: BomService[];
}

/** What the BOM says about itself and its subject. */
export interface BomMetadata {
  /** The subject; its nested components are in `Bom.components`. Type APPLICATION where the document names none. */
  component?: BomComponent;
  authors: BomContact[];
  supplier?: BomOrganization;
  /** `metadata.manufacture`, or `metadata.manufacturer` (since 1.6) in its absence. */
  manufacturer?: BomOrganization;
  tools: BomTool[];
}

/** Classifiers of the API, one for each CycloneDX component type. */
export const classifiers = [
  "APPLICATION",
  "FRAMEWORK",
  "LIBRARY",
  "CONTAINER",
  "OPERATING_SYSTEM",
  "DEVICE",
  "FIRMWARE",
  "FILE",
  "PLATFORM",
  "DEVICE_DRIVER",
  "MACHINE_LEARNING_MODEL",
  "DATA",
  "CRYPTOGRAPHIC_ASSET",
] as const;

/** What a component is. */
export type Classifier = (typeof classifiers)[number];

/** Hash algorithms that are kept, named as the columns that hold them. */
export const hashAlgorithms = [
  "md5",
  "sha1",
  "sha256",
  "sha384",
  "sha512",
  "sha3_256",
  "sha3_384",
  "sha3_512",
  "blake2b_256",
  "blake2b_384",
  "blake2b_512",
  "blake3",
  "streebog_256",
  "streebog_512",
] as const;

/** A hash algorithm that is kept. */
export type HashAlgorithm = (typeof hashAlgorithms)[number];

/** One component of the inventory. */
export interface BomComponent {
  bomRef?: string;
  /** LIBRARY where the document names none or an unknown one. */
  type: Classifier;
  group?: string;
  /** `-` where the document has none. */
  name: string;
  version?: string;
  description?: string;
  publisher?: string;
  copyright?: string;
  cpe?: string;
  /** As written, neither checked nor canonical. */
  purl?: string;
  swidTagId?: string;
  scope?: "REQUIRED" | "OPTIONAL" | "EXCLUDED";
  /** `author` first, then `authors`. */
  authors: BomContact[];
  supplier?: BomOrganization;
  /** In the order in which they are candidates: licences first, expressions after them. */
  licenses: BomLicense[];
  hashes: Partial<Record<HashAlgorithm, string>>;
  externalReferences: BomExternalReference[];
  properties: BomProperty[];
  occurrences: BomOccurrence[];
  mimeType?: string;
  /** Whether it was changed on the way here; only where the document says so. */
  modified?: boolean;
  /** Since 1.6. */
  manufacturer?: BomOrganization;
  /** Since 1.6; only where there are some. */
  tags?: string[];
  /** What else was found in the component itself; only where something was. */
  evidence?: BomEvidence;
}

/** What was found in a component, whatever its supplier says. */
export interface BomEvidence {
  licenses: BomLicense[];
  copyright: string[];
}

/** A service of the inventory. */
export interface BomService {
  bomRef?: string;
  group?: string;
  /** `-` where the document has none. */
  name: string;
  version?: string;
  description?: string;
  authenticated?: boolean;
  crossesTrustBoundary?: boolean;
  provider?: BomOrganization;
  data: BomDataClassification[];
  endpoints: string[];
  externalReferences: BomExternalReference[];
}

/** What kind of data a service handles and which way it flows. */
export interface BomDataClassification {
  name: string;
  direction: "INBOUND" | "OUTBOUND" | "BI_DIRECTIONAL" | "UNKNOWN";
}

/** A person. */
export interface BomContact {
  name?: string;
  email?: string;
  phone?: string;
}

/** An organisation. */
export interface BomOrganization {
  name?: string;
  urls: string[];
  contacts: BomContact[];
}

/** Software that made the BOM; `vendor` exists only on tools in the form used before 1.5. */
export interface BomTool {
  kind: "tool" | "component" | "service";
  vendor?: string;
  group?: string;
  name?: string;
  version?: string;
}

/** A licence candidate as written: an SPDX id, a name, or an expression (not parsed here). */
export interface BomLicense {
  kind: "id" | "name" | "expression";
  value: string;
  url?: string;
  /** Since 1.6. */
  acknowledgement?: "declared" | "concluded";
  /** The text of the licence itself. */
  text?: BomAttachment;
  /** Since 1.7: what there is to say of the single licences of an expression. */
  details?: BomLicenseDetail[];
}

/** A text or link of one licence within an expression. */
export interface BomLicenseDetail {
  identifier: string;
  url?: string;
  text?: BomAttachment;
}

/** A text with its encoding as the document says; `content` is base64 where `encoding` says so. */
export interface BomAttachment {
  content: string;
  contentType?: string;
  encoding?: "base64";
}

/** A link to something outside; `type` as in CycloneDX (`vcs`, `website`, …). */
export interface BomExternalReference {
  type: string;
  url: string;
  comment?: string;
  hashes?: Partial<Record<HashAlgorithm, string>>;
}

/** A property, its name split at the first colon into group and name; equal ones are kept once. */
export interface BomProperty {
  group?: string;
  name: string;
  value?: string;
}

/** Where a component was found; line and offset as the document counts them. */
export interface BomOccurrence {
  location: string;
  line?: number;
  offset?: number;
  symbol?: string;
}

/** What `ref` needs directly. */
export interface BomDependency {
  ref: string;
  dependsOn: string[];
}

/** What a BOM says of a vulnerability; texts of enumerations as in CycloneDX (`not_affected`, `CVSSv31`, …). */
export interface BomVulnerability {
  bomRef?: string;
  id?: string;
  source?: BomSource;
  /** The same vulnerability under other names. */
  references: { id: string; source?: BomSource }[];
  ratings: BomRating[];
  cwes: number[];
  description?: string;
  detail?: string;
  recommendation?: string;
  workaround?: string;
  advisories: { title?: string; url: string }[];
  /** RFC 3339 in UTC, like those below. */
  created?: string;
  published?: string;
  updated?: string;
  rejected?: string;
  analysis?: BomAnalysis;
  affects: BomAffected[];
  properties: BomProperty[];
}

/** Who publishes something of a vulnerability. */
export interface BomSource {
  name?: string;
  url?: string;
}

/** One opinion on how bad it is. */
export interface BomRating {
  source?: BomSource;
  score?: number;
  /** critical, high, medium, low, info, none or unknown. */
  severity?: string;
  /** CVSSv2, CVSSv3, CVSSv31, CVSSv4, OWASP, SSVC or other. */
  method?: string;
  vector?: string;
  justification?: string;
}

/** What was decided about a vulnerability. */
export interface BomAnalysis {
  /** resolved, resolved_with_pedigree, exploitable, in_triage, false_positive or not_affected. */
  state?: string;
  justification?: string;
  responses: string[];
  detail?: string;
  firstIssued?: string;
  lastUpdated?: string;
}

/** What a vulnerability is about: a bom-ref or a BOM-Link. */
export interface BomAffected {
  ref: string;
  versions: { version?: string; range?: string; status?: string }[];
}

/** Something tolerated; `path` is a JSON pointer. */
export interface BomNote {
  code:
    | "duplicate-bom-ref"
    | "entry-ignored"
    | "missing-bom-format"
    | "timestamp-ignored"
    | "repaired"
    | "text-cut"
    | "unknown-hash-algorithm"
    | "unknown-type"
    | "more-notes";
  path: string;
  message: string;
}
