import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sum } from "./report.ts";
import { runStages } from "./run-stages.ts";
import type { Stage } from "./stages.ts";
import { countVitest } from "./vitest-report.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evertrack-test-run-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, source: string, timeoutMs = 20_000): Stage {
  return { name, command: [process.execPath, "-e", source], timeoutMs, counts: "once" };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

describe("stages", () => {
  test("a failing stage does not keep the next from running", async () => {
    const results = await runStages([script("bad", "process.exit(1)"), script("good", "")]);
    expect(sum(results)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test("a program that is not there is a failure", async () => {
    const stage: Stage = { name: "gone", command: ["evertrack-no-such-program"], timeoutMs: 1000, counts: "once" };
    expect(sum(await runStages([stage]))).toMatchObject({ passed: 0, failed: 1 });
  });

  test("a stage that takes too long is ended with its children and failed", async () => {
    const file = join(folder, "pid");
    const source = `
      const child = require("child_process").spawn("sleep", ["600"]);
      require("fs").writeFileSync(${JSON.stringify(file)}, String(child.pid));
      setInterval(() => {}, 1000);`;
    expect(sum(await runStages([script("slow", source, 1500)]))).toMatchObject({ failed: 1 });
    expect(isRunning(Number(readFileSync(file, "utf8")))).toBe(false);
  });

  test("a detached process that a stage leaves behind is ended", async () => {
    const file = join(folder, "pid");
    const source = `
      const child = require("child_process").spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
      child.unref();
      require("fs").writeFileSync(${JSON.stringify(file)}, String(child.pid));`;
    await runStages([script("leaving", source)]);
    await expect.poll(() => isRunning(Number(readFileSync(file, "utf8"))), { timeout: 5000 }).toBe(false);
  });

  test("a vitest stage that tested nothing is a failure", async () => {
    const stage: Stage = { ...script("empty", ""), command: ["true"], counts: "vitest" };
    expect(sum(await runStages([stage]))).toMatchObject({ passed: 0, failed: 1 });
  });
});

describe("counting", () => {
  function reportOf(...files: { status: string; tests: [name: string, status: string][] }[]): string {
    const testResults = files.map(({ status, tests }, index) => ({
      name: join(folder, `${index}.test.ts`),
      status,
      assertionResults: tests.map(([fullName, result]) => ({ fullName, status: result, ancestorTitles: [] })),
    }));
    const path = join(folder, "report.json");
    writeFileSync(path, JSON.stringify({ testResults }));
    return path;
  }

  test("a file that could not be loaded is a failure", () => {
    expect(countVitest(reportOf({ status: "failed", tests: [] }), false)).toMatchObject({ passed: 0, failed: 1 });
  });

  test("a failing test is counted once, not again for its file", () => {
    const report = reportOf({
      status: "failed",
      tests: [
        ["a", "passed"],
        ["b", "failed"],
      ],
    });
    expect(countVitest(report, false)).toMatchObject({ passed: 1, failed: 1, failures: [{ name: "b" }] });
  });

  test("a test skipped for want of a system program is a skip at home and a failure in CI; others stay skips", () => {
    const tests: [string, string][] = [
      ["needs a pooler (apt-get install pgbouncer)", "skipped"],
      ["later", "todo"],
    ];
    const report = reportOf({ status: "passed", tests });
    expect(countVitest(report, false)).toMatchObject({ failed: 0, skipped: [{}, {}] });
    expect(countVitest(report, true)).toMatchObject({ failed: 1, skipped: [{ name: "later" }] });
  });

  test("a test whose process died is a failure, not a skip", () => {
    const report = reportOf({ status: "passed", tests: [["unfinished", "pending"]] });
    expect(countVitest(report, false)).toMatchObject({ failed: 1, skipped: [] });
  });

  test("a missing report counts as nothing", () => {
    expect(countVitest(join(folder, "gone.json"), false)).toEqual({ passed: 0, failed: 0, skipped: [], failures: [] });
  });
});
