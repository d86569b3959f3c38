// What this package offers: package URLs and their join keys, CPE names, version orders, ranges, VERS, OSV advisories, severities,
// names of weaknesses, priorities.
// Pure functions: no database, no network, no clock.

export {
  type CpeComponent,
  type CpeConfiguration,
  type CpeCriterion,
  type CpeNode,
  holdsConfiguration,
  isVulnerableIn,
  recordsOfConfigurations,
} from "./cpe/configuration.ts";
export { CPE_ANY, CPE_CHARS_MAX, type Cpe, CpeError, formatCpe } from "./cpe/cpe.ts";
export { type CpeLookup, cpeLookupOf, cpeProductKey, cpeRecordKey, isCpeCandidate } from "./cpe/lookup-key.ts";
export { type CpeBoundComparison, type CpeRange, type CpeRecord, type CpeTrial, matchesCpe } from "./cpe/match-cpe.ts";
export { parseCpe } from "./cpe/parse-cpe.ts";
export { type ReadConfigurations, readNvdConfigurations } from "./cpe/read-configurations.ts";
export { readGithubAdvisory } from "./github/read-advisory.ts";
export { type IndexedMatcher, matchIdentity } from "./match-identity.ts";
export { type NvdRecord, readNvdRecord } from "./nvd/read-record.ts";
export { sourceOfOsvId, type VulnerabilitySource } from "./osv/advisory-source.ts";
export type { AffectedPackage } from "./osv/affected-package.ts";
export { AdvisoryError, type OsvAdvisory, readOsvAdvisory } from "./osv/read-advisory.ts";
export type { AdvisorySeverity, ScoredVector } from "./osv/read-severity.ts";
export {
  type Exposure,
  type Priority,
  type PriorityInputs,
  type PriorityReason,
  prioritize,
} from "./priority/priority.ts";
export type { SsvcDecision } from "./priority/ssvc.ts";
export { distroRelease, distrosMatch, redHatMajorOf, versionForMatching } from "./purl/distro.ts";
export { packageKeyOf, packageKeyOfOsv } from "./purl/package-key.ts";
export {
  formatPurl,
  normalizePurl,
  PURL_CHARS_MAX,
  type Purl,
  PurlError,
  type PurlMode,
  type PurlParts,
  parsePurl,
  purlCoordinates,
} from "./purl/purl.ts";
export {
  type AffectedMatcher,
  type AffectedVersions,
  type BoundComparison,
  isAffected,
  prepareAffected,
  type VersionRange,
  type VersionRecorder,
  type VersionTrial,
} from "./ranges/affected.ts";
export { type OsvEvent, rangesOfEvents } from "./ranges/osv-events.ts";
export { type CvssScore, scoreCvss } from "./severity/cvss.ts";
export { CvssError, type CvssVersion, canonicalCvssVector, checkCvssVector } from "./severity/cvss-vector.ts";
export { OwaspError, type OwaspRating, rateOwasp } from "./severity/owasp.ts";
export { type ResolvedRatings, resolveRatings, type StatedRating } from "./severity/ratings.ts";
export {
  higherSeverity,
  type OwaspScores,
  owaspLevel,
  SEVERITY_ORDER,
  SEVERITY_RANK,
  type Severity,
  type SeverityInputs,
  severityOf,
  severityOfWord,
} from "./severity/severity.ts";
export { NATIVE_SCHEMES, versOfNative } from "./vers/native.ts";
export {
  formatVers,
  parseVers,
  VERS_CHARS_MAX,
  VERS_CONSTRAINTS_MAX,
  type VersComparator,
  type VersConstraint,
  VersError,
  type VersMode,
  type VersRange,
  versRange,
} from "./vers/vers.ts";
export { prepareVers, simplifyVers, type VersMatcher } from "./vers/vers-contains.ts";
export { VERS_SCHEMES } from "./vers/vers-schemes.ts";
export { compareVersions, SCHEMES, type Scheme, schemeOfPurlType } from "./versions/schemes.ts";
export { VersionError } from "./versions/version-order.ts";
export { searchWeaknesses, WEAKNESSES, type Weakness, weaknessOf } from "./weaknesses/weaknesses.ts";
