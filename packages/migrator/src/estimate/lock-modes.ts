/** PostgreSQL's table locks, weakest first. */
export const LOCK_MODES = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;

/** One of {@link LOCK_MODES}. */
export type LockMode = (typeof LOCK_MODES)[number];

/** Conflicts with what a SELECT takes. */
export function blocksReads(mode: LockMode): boolean {
  return mode === "ACCESS EXCLUSIVE";
}

/** Conflicts with what INSERT, UPDATE and DELETE take. */
export function blocksWrites(mode: LockMode): boolean {
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf("SHARE");
}

/** The stronger of two. */
export function stronger(one: LockMode, other: LockMode): LockMode {
  return LOCK_MODES.indexOf(one) >= LOCK_MODES.indexOf(other) ? one : other;
}
