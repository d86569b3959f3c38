import type { StageResult } from "./run-stages.ts";
import type { SkippedTest } from "./vitest-report.ts";

/** Adds up what the stages counted. */
export function sum(results: StageResult[]): { passed: number; failed: number; skipped: number } {
  return {
    passed: results.reduce((total, { passed }) => total + passed, 0),
    failed: results.reduce((total, { failed }) => total + failed, 0),
    skipped: results.reduce((total, { skipped }) => total + skipped.length, 0),
  };
}

/** Starts the line of a failed test; `.ci/run` repeats these lines at its end. */
const failureMark = "FAILED TEST";

/**
 * Prints every skipped test with its reason, one line per stage, every failed test with what it said, and last the line
 * other programs read.
 */
export function report(results: StageResult[]): void {
  const skippedTests = results.flatMap(({ skipped }) => skipped);
  if (skippedTests.length > 0) console.log("\nSkipped, and why:");
  for (const [group, count] of groupsOf(skippedTests)) console.log(`  ${group}${count > 1 ? ` – ${count} tests` : ""}`);
  console.log("");
  for (const { name, passed, failed, skipped, durationMs } of results) {
    const verdict = failed > 0 ? "FAILED" : "ok";
    const counts = `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
    console.log(
      `${verdict.padEnd(7)}${name.padEnd(12)}${`${(durationMs / 1000).toFixed(1)} s`.padStart(9)}  ${counts}`,
    );
  }
  const { passed, failed, skipped } = sum(results);
  const failures = results.flatMap((result) => result.failures);
  if (failures.length > 0) console.log("");
  for (const { file, name, message } of failures) console.log(`${failureMark} ${file}: ${name}: ${message}`);
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
}

/** Tests skipped together have one reason: a line and how many there are. */
function groupsOf(skippedTests: SkippedTest[]): Map<string, number> {
  const groups = new Map<string, number>();
  for (const { file, group } of skippedTests) {
    const line = `${file}: ${group}`;
    groups.set(line, (groups.get(line) ?? 0) + 1);
  }
  return groups;
}
