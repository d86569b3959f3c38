import type { Observer } from "./audit.ts";

const SHOWN_MAX = 3;

/** A statement whose rows are each a violation; `row` names one of them. */
export interface Check {
  /** What must hold, as it is printed when it does not. */
  readonly promise: string;
  /** Selects violations, the first column as text. */
  readonly violations: string;
  readonly values?: readonly unknown[];
}

/** Runs the checks; one line for each promise that was broken. */
export async function runChecks(observer: Observer, checks: readonly Check[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { promise, violations, values } of checks) {
    const rows = await observer.rows<Record<string, unknown>>(violations, values);
    if (rows.length === 0) continue;
    const examples = rows.slice(0, SHOWN_MAX).map((row) => Object.values(row).map(String).join(" "));
    problems.push(`not so: ${promise} – ${rows.length} violation(s), e.g. ${examples.join("; ")}`);
  }
  return problems;
}
