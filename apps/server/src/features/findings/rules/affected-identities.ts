import {
  type AffectedMatcher,
  distrosMatch,
  type Purl,
  parsePurl,
  prepareAffected,
  type Scheme,
  type VersionRange,
  versionForMatching,
} from "@evertrack/matching";

/** What of an identity decides whether an advisory affects it. */
export interface MatchableIdentity {
  identityId: number;
  packageKey: string;
  purl: string | null;
  version: string | null;
}

/** What of an advisory decides. */
export interface MatchableAdvisory {
  vulnerabilityId: number;
  packageKey: string;
  scheme: Scheme;
  /** Release of a distribution the advisory is for. */
  distro: string | null;
  affected: { versions: string[]; ranges: VersionRange[] };
  rejected: Date | null;
}

export interface Match {
  vulnerabilityId: number;
  identityId: number;
}

/**
 * Matches identity by identity, each pair once, so that the caller can pause in between: one package may have thousands of
 * advisories. Identities that differ only in what matching does not read (qualifiers, scope) are decided once.
 */
export function* matchesOf(
  identities: readonly MatchableIdentity[],
  advisories: readonly MatchableAdvisory[],
): Generator<Match[]> {
  const byPackage = Map.groupBy(advisories, ({ packageKey }) => packageKey);
  const prepared = new Map<string, Candidate[]>();
  const decided = new Map<string, number[]>();
  for (const identity of identities) {
    const { packageKey, identityId } = identity;
    const subject = subjectOf(identity);
    const about = byPackage.get(packageKey);
    if (subject === undefined || about === undefined) continue;
    const candidates = prepared.get(packageKey) ?? prepare(about);
    prepared.set(packageKey, candidates);
    const key = JSON.stringify([packageKey, subject.version, subject.purl?.qualifiers.distro]);
    const affecting = decided.get(key) ?? affectingOf(candidates, subject);
    decided.set(key, affecting);
    yield affecting.map((vulnerabilityId) => ({ vulnerabilityId, identityId }));
  }
}

interface Candidate {
  vulnerabilityId: number;
  distro: string | undefined;
  affects: AffectedMatcher;
}

/** What a candidate is asked about. */
interface Subject {
  version: string;
  purl: Purl | undefined;
}

function prepare(advisories: readonly MatchableAdvisory[]): Candidate[] {
  return advisories
    .filter(({ rejected }) => rejected === null)
    .map(({ vulnerabilityId, scheme, affected, distro }) => ({
      vulnerabilityId,
      distro: distro ?? undefined,
      affects: prepareAffected({ scheme, ...affected }),
    }));
}

function affectingOf(candidates: readonly Candidate[], { version, purl }: Subject): number[] {
  const affecting = candidates.filter(
    ({ affects, distro }) =>
      (purl === undefined || distrosMatch(purl, distro, purl.qualifiers.distro)) && affects(version),
  );
  return [...new Set(affecting.map(({ vulnerabilityId }) => vulnerabilityId))];
}

/** The purl's version where it has one, as it is in the ecosystem's own notation; else the component's. */
function subjectOf({ purl: text, version }: MatchableIdentity): Subject | undefined {
  const purl = text === null ? undefined : parsePurl(text, { mode: "lenient" });
  const known = (purl === undefined ? undefined : versionForMatching(purl)) ?? version ?? undefined;
  return known === undefined ? undefined : { version: known, purl };
}
