import {
  type AffectedMatcher,
  distrosMatch,
  type Purl,
  parsePurl,
  prepareAffected,
  type Scheme,
  type VersionRange,
  type VersionTrial,
  versionForMatching,
} from "@evertrack/matching";
import type { MatchRecorder } from "./match-recorder.ts";

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
  /** As the advisory writes it: told, never compared. */
  ecosystem?: string;
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
 * advisories. Identities that differ only in what matching does not read (qualifiers, scope) are decided once. A recorder is told
 * of each decision and why; it is meant for a single identity.
 */
export function* matchesOf(
  identities: readonly MatchableIdentity[],
  advisories: readonly MatchableAdvisory[],
  recorder?: MatchRecorder,
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
    const affecting = decided.get(key) ?? affectingOf(candidates, subject, recorder);
    decided.set(key, affecting);
    yield affecting.map((vulnerabilityId) => ({ vulnerabilityId, identityId }));
  }
}

interface Candidate {
  advisory: MatchableAdvisory;
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
    .map((advisory) => ({
      advisory,
      affects: prepareAffected({ scheme: advisory.scheme, ...advisory.affected }),
    }));
}

function affectingOf(candidates: readonly Candidate[], subject: Subject, recorder?: MatchRecorder): number[] {
  const affecting = candidates.filter((candidate) => isAffecting(candidate, subject, recorder));
  return [...new Set(affecting.map(({ advisory }) => advisory.vulnerabilityId))];
}

function isAffecting({ advisory, affects }: Candidate, { version, purl }: Subject, recorder?: MatchRecorder): boolean {
  const trials: VersionTrial[] | undefined = recorder && [];
  const isForRelease = purl === undefined || distrosMatch(purl, advisory.distro ?? undefined, purl.qualifiers.distro);
  const affected = isForRelease && affects(version, trials && ((trial) => trials.push(trial)));
  recorder?.({ by: "PACKAGE", advisory, version, isForRelease, affected, trials: trials ?? [] });
  return affected;
}

/** The version of an identity that ranges are asked about; undefined where it has none. */
export function comparedVersion(identity: Pick<MatchableIdentity, "purl" | "version">): string | undefined {
  return subjectOf(identity)?.version;
}

/** The purl's version where it has one, as it is in the ecosystem's own notation; else the component's. */
function subjectOf({ purl: text, version }: Pick<MatchableIdentity, "purl" | "version">): Subject | undefined {
  const purl = text === null ? undefined : parsePurl(text, { mode: "lenient" });
  const known = (purl === undefined ? undefined : versionForMatching(purl)) ?? version ?? undefined;
  return known === undefined ? undefined : { version: known, purl };
}
