/**
 * What running a statement means for a build that was written before it and still runs:
 * - `additive`: nothing;
 * - `locking`: it may wait, because the statement holds a lock for as long as it reads or rewrites a table;
 * - `review`: a person must judge, and say so with a `-- reviewed:` line;
 * - `breaking`: it may fail. Also the answer for everything this package does not know.
 */
export type Level = "additive" | "locking" | "review" | "breaking";

const RANK: Record<Level, number> = { additive: 0, locking: 1, review: 2, breaking: 3 };

/** One reason why a statement is not simply additive. */
export type Finding = { level: Exclude<Level, "additive">; reason: string };

/** A statement of a migration file, judged. */
export type ClassifiedStatement = {
  /** Line of the file it begins at, from 1. */
  line: number;
  /** The node of PostgreSQL's grammar, e.g. `IndexStmt`. */
  kind: string;
  text: string;
  /** False when PostgreSQL refuses to run it inside a transaction block. */
  transactional: boolean;
  level: Level;
  findings: Finding[];
};

/** The worst of several levels. */
export function worst(levels: Iterable<Level>): Level {
  let result: Level = "additive";
  for (const level of levels) if (RANK[level] > RANK[result]) result = level;
  return result;
}

/** Shorthands for rules: each is a list, so that rules can be joined. */
export const additive: Finding[] = [];

/** One `locking` finding. */
export function locking(reason: string): Finding[] {
  return [{ level: "locking", reason }];
}

/** One `review` finding. */
export function review(reason: string): Finding[] {
  return [{ level: "review", reason }];
}

/** One `breaking` finding. */
export function breaking(reason: string): Finding[] {
  return [{ level: "breaking", reason }];
}
