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

/** A test that failed, or a file that could not be loaded, with the first line of what it said. */
export interface FailedTest {
  file: string;
  name: string;
  message: string;
}

/** What one vitest stage counted. */
export interface VitestCounts {
  passed: number;
  failed: number;
  skipped: SkippedTest[];
  failures: FailedTest[];
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          ancestorTitles: z.array(z.string()),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** A name that says which system package is missing, as the tests write it. */
const missingProgram = /apt-get install/;

/** Of a failure's message this much is repeated at the end. */
const messageCharactersMax = 300;

/** What vitest writes for a test whose process died before it came to an end. */
const unfinished = "pending";

/** Reads the report; a missing or broken one counts as nothing, which the caller treats as a failure. */
export function countVitest(reportFile: string, continuousIntegration = process.env.CI === "true"): VitestCounts {
  const counts: VitestCounts = { passed: 0, failed: 0, skipped: [], failures: [] };
  for (const report of readReport(reportFile)) {
    const file = relative(stagesDirectory, report.name);
    const fail = (name: string, message: string | undefined) =>
      counts.failures.push({ file, name, message: firstLine(message) });
    if (report.status === "failed" && report.assertionResults.every(({ status }) => status !== "failed"))
      fail("the file itself", report.message);
    for (const { fullName, status, ancestorTitles, failureMessages } of report.assertionResults) {
      if (status === "passed") counts.passed += 1;
      else if (status === "failed") fail(fullName, failureMessages?.[0]);
      else if (status === unfinished) fail(fullName, "its process ended before the test did");
      else if (continuousIntegration && missingProgram.test(fullName)) fail(fullName, "skipped in CI");
      else counts.skipped.push({ file, group: ancestorTitles[0] ?? fullName, name: fullName });
    }
  }
  counts.failed = counts.failures.length;
  return counts;
}

function firstLine(message = ""): string {
  const line = message.split("\n").find((text) => text.trim() !== "") ?? "(said nothing)";
  return line.length > messageCharactersMax ? `${line.slice(0, messageCharactersMax)}…` : line;
}

function readReport(reportFile: string): z.infer<typeof reportSchema>["testResults"] {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(reportFile, "utf8"))).testResults;
  } catch (error) {
    console.error(`no readable vitest report: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
