// The conformance suites and real data lie beside the repository; without them the tests that need them are skipped.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const shared = process.env.EVERTRACK_SHARED ?? resolve(import.meta.dirname, "../../../../shared");

/** Reason to put into the name of a test that needs shared data. */
export const WHERE_SHARED_DATA_IS = "(needs ../shared or EVERTRACK_SHARED)";

/** Absolute path of something in the shared folder. */
export function sharedPath(path: string): string {
  return resolve(shared, path);
}

/** True when the shared folder lacks something, so that its tests must be skipped. */
export function isAbsent(path: string): boolean {
  return !existsSync(sharedPath(path));
}

/** A shared JSON file, whose shape the caller vouches for. */
export function readSharedJson<Shape>(path: string): Shape {
  return JSON.parse(readFileSync(sharedPath(path), "utf8")) as Shape;
}

/** The lines of a shared text file. */
export function readSharedLines(path: string): string[] {
  return readFileSync(sharedPath(path), "utf8").split("\n");
}

/** Prints a suite's figure and returns the share of passed cases in percent. */
export function reportFigure(suite: string, passed: number, failures: readonly string[]): number {
  const total = passed + failures.length;
  const percent = total === 0 ? 0 : (100 * passed) / total;
  console.info(
    `${suite}: ${passed}/${total} (${percent.toFixed(2)} %)${failures.map((line) => `\n  ${line}`).join("")}`,
  );
  return percent;
}
