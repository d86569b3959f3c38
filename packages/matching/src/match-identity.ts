// Which of many advisories affect one component identity.

import type { AffectedMatcher } from "./ranges/affected.ts";

/** An advisory's matcher with whatever the caller wants to find it by. */
export interface IndexedMatcher<Subject> {
  subject: Subject;
  matches: AffectedMatcher;
}

/** The subjects whose matcher accepts the identity's version, each once, in the index's order. */
export function matchIdentity<Subject>(
  identity: { packageKey: string; version: string },
  affectedByKey: ReadonlyMap<string, readonly IndexedMatcher<Subject>[]>,
): Subject[] {
  const subjects = new Set<Subject>();
  for (const { subject, matches } of affectedByKey.get(identity.packageKey) ?? []) {
    if (!subjects.has(subject) && matches(identity.version)) subjects.add(subject);
  }
  return [...subjects];
}
