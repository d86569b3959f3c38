/**
 * What a BOM says, independent of the format it came in. All texts are trimmed, blank ones are absent, and characters
 * that PostgreSQL cannot store (NUL, lone surrogates) are gone. Nothing is resolved here: purls, CPEs and licences are
 * as written.
 */

/** The spec versions that are read, oldest first. */
export const specVersions = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] as const;

/** A CycloneDX version that can be read. */
export type SpecVersion = (typeof specVersions)[number];

/** A BOM with its whole inventory. */
export interface Bom extends BomHead {
  /** Flat: children come before their parent, the hierarchy is gone; `metadata.component` itself is not among them. */
  components: BomComponent[];
  /** One entry per `dependencies` element, in document order; the same `ref` may occur more than once. */
  dependencies: BomDependency[];
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
}

/** A link to something outside; `type` as in CycloneDX (`vcs`, `website`, …). */
export interface BomExternalReference {
  type: string;
  url: string;
  comment?: string;
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

/** Something tolerated; `path` is a JSON pointer. */
export interface BomNote {
  code:
    | "duplicate-bom-ref"
    | "entry-ignored"
    | "missing-bom-format"
    | "timestamp-ignored"
    | "unknown-hash-algorithm"
    | "unknown-type"
    | "more-notes";
  path: string;
  message: string;
}
