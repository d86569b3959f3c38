/**
 * Counts tests from the JSON report of vitest. Nothing may hide: a file that could not be loaded is a failure, and a test
 * that skipped itself for want of a system program is a failure where CI is set, because CI installs them.
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { z } from "zod";
import { stagesDirectory } from "./stages.ts";

/** A test that did not run; its name, or that of its group (the outermost describe), carries the reason. */
export interface SkippedTest {
  file: string;
  group: string;
  name: string;
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), ancestorTitles: z.array(z.string()) }),
      ),
    }),
  ),
});

/** A name that says which system package is missing, as the tests write it. */
const missingProgram = /apt-get install/;

/** What vitest writes for a test whose process died before it came to an end. */
const unfinished = "pending";

/** Reads the report; a missing or broken one counts as nothing, which the caller treats as a failure. */
export function countVitest(
  reportFile: string,
  continuousIntegration = process.env.CI === "true",
): { passed: number; failed: number; skipped: SkippedTest[] } {
  const counts = { passed: 0, failed: 0, skipped: [] as SkippedTest[] };
  for (const file of readReport(reportFile)) {
    if (file.status === "failed" && file.assertionResults.every(({ status }) => status !== "failed"))
      counts.failed += 1;
    for (const { fullName, status, ancestorTitles } of file.assertionResults) {
      if (status === "passed") counts.passed += 1;
      else if (status === "failed" || status === unfinished) counts.failed += 1;
      else {
        const group = ancestorTitles[0] ?? fullName;
        counts.skipped.push({ file: relative(stagesDirectory, file.name), group, name: fullName });
      }
    }
  }
  if (!continuousIntegration) return counts;
  const forbidden = counts.skipped.filter(({ name }) => missingProgram.test(name));
  for (const { file, name } of forbidden) console.error(`skipped in CI: ${file}: ${name}`);
  return {
    passed: counts.passed,
    failed: counts.failed + forbidden.length,
    skipped: counts.skipped.filter((test) => !forbidden.includes(test)),
  };
}

function readReport(reportFile: string): z.infer<typeof reportSchema>["testResults"] {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(reportFile, "utf8"))).testResults;
  } catch (error) {
    console.error(`no readable vitest report: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
