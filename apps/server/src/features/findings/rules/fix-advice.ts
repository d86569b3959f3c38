import type { FixAdvice } from "@evertrack/contract/v2/fixes";
import type { FixCandidates } from "./fix-candidates.ts";

/** Candidates with the vulnerabilities that each of them still has. */
export interface JudgedCandidates extends FixCandidates {
  /** Vulnerabilities by version; one that none affects may be missing. */
  affecting: ReadonlyMap<string, ReadonlySet<number>>;
}

/** What is known of the component as it is. */
export interface KnownFindings {
  /** Vulnerabilities it has. */
  found: ReadonlySet<number>;
  /** Those of them that people chose not to count. */
  suppressed: ReadonlySet<number>;
}

/**
 * The lowest version without any known vulnerability, those that were suppressed left aside; else the lowest of those with the
 * fewest, if these are fewer than there are. Undefined candidates: the component has no version that others are higher than.
 */
export function adviceOf(judged: JudgedCandidates | undefined, { found, suppressed }: KnownFindings): FixAdvice {
  const present = countBeside(found, suppressed);
  if (judged === undefined) return { status: "VERSION_UNKNOWN", remaining: present, candidates: 0, exact: true };
  const { versions, affecting, isComplete: exact } = judged;
  const told = { candidates: versions.length, exact };
  let best: { version: string; remaining: number } | undefined;
  for (const version of versions) {
    const remaining = countBeside(affecting.get(version) ?? NONE, suppressed);
    if (remaining === 0) return { status: "FIXED", version, remaining, ...told };
    if (remaining < (best?.remaining ?? present)) best = { version, remaining };
  }
  return best === undefined
    ? { status: "NO_FIX_KNOWN", remaining: present, ...told }
    : { status: "PARTLY_FIXED", ...best, ...told };
}

const NONE: ReadonlySet<number> = new Set();

function countBeside(of: ReadonlySet<number>, left: ReadonlySet<number>): number {
  let count = 0;
  for (const id of of) if (!left.has(id)) count++;
  return count;
}

/** The lowest candidate that one vulnerability does not affect; others may. */
export function fixedIn(judged: JudgedCandidates | undefined, vulnerabilityId: number): string | undefined {
  return judged?.versions.find((version) => judged.affecting.get(version)?.has(vulnerabilityId) !== true);
}
