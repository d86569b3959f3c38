import type { StageResult } from "./run-stages.ts";

/** Adds up what the stages counted. */
export function sum(results: StageResult[]): { passed: number; failed: number; skipped: number } {
  return {
    passed: results.reduce((total, { passed }) => total + passed, 0),
    failed: results.reduce((total, { failed }) => total + failed, 0),
    skipped: results.reduce((total, { skipped }) => total + skipped.length, 0),
  };
}

/** Prints every skipped test with its reason, one line per stage, and last the line other programs read. */
export function report(results: StageResult[]): void {
  const skippedTests = results.flatMap(({ skipped }) => skipped);
  if (skippedTests.length > 0) console.log("\nSkipped, and why:");
  for (const { file, name } of skippedTests) console.log(`  ${file}: ${name}`);
  console.log("");
  for (const { name, passed, failed, skipped, durationMs } of results) {
    const verdict = failed > 0 ? "FAILED" : "ok";
    const counts = `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
    console.log(
      `${verdict.padEnd(7)}${name.padEnd(12)}${`${(durationMs / 1000).toFixed(1)} s`.padStart(9)}  ${counts}`,
    );
  }
  const { passed, failed, skipped } = sum(results);
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
}
