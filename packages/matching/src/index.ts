// What this package offers: package URLs and their join keys, version orders, ranges, OSV advisories, severities.
// Pure functions: no database, no network, no clock.

export { type IndexedMatcher, matchIdentity } from "./match-identity.ts";
export { sourceOfOsvId, type VulnerabilitySource } from "./osv/advisory-source.ts";
export type { AffectedPackage } from "./osv/affected-package.ts";
export { AdvisoryError, type OsvAdvisory, readOsvAdvisory } from "./osv/read-advisory.ts";
export type { AdvisorySeverity, ScoredVector } from "./osv/read-severity.ts";
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
  isAffected,
  prepareAffected,
  type VersionRange,
} from "./ranges/affected.ts";
export { type OsvEvent, rangesOfEvents } from "./ranges/osv-events.ts";
export { type CvssScore, scoreCvss } from "./severity/cvss.ts";
export { CvssError, type CvssVersion, checkCvssVector } from "./severity/cvss-vector.ts";
export {
  higherSeverity,
  type OwaspScores,
  SEVERITY_ORDER,
  SEVERITY_RANK,
  type Severity,
  type SeverityInputs,
  severityOf,
  severityOfWord,
} from "./severity/severity.ts";
export { compareVersions, SCHEMES, type Scheme, schemeOfPurlType } from "./versions/schemes.ts";
export { VersionError } from "./versions/version-order.ts";
