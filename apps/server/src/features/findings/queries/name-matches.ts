import type { Db } from "../../../platform/db/index.ts";
import type { MatchDifference } from "../commands/verify-matches.ts";
import { namesOfMatches } from "../store/matching.ts";

/** A difference as people read it. */
export interface NamedDifference extends Pick<MatchDifference, "difference"> {
  /** purl, CPE, or name and version. */
  component: string;
  /** Source and id. */
  vulnerability: string;
}

/** Differences with the names of what they are about. */
export async function nameMatches(db: Db, differences: readonly MatchDifference[]): Promise<NamedDifference[]> {
  const names = await namesOfMatches(db, differences);
  return names.map((name, index) => ({ ...name, difference: differences[index]?.difference ?? "outdated" }));
}
