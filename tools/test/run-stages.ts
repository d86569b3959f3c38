/**
 * Runs stages one after the other, each in a process group of its own, and leaves no process behind: the group of the
 * running stage is ended when this program ends or is told to stop, and whatever escaped its group is found by a mark in
 * its environment.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stopTestServerIfIdle } from "@evertrack/embedded-postgres/testing";
import { endMarkedProcesses, markName } from "./leftover-processes.ts";
import { type Stage, stagesDirectory } from "./stages.ts";
import { countVitest, type FailedTest, type SkippedTest, type VitestCounts } from "./vitest-report.ts";

/** How one stage ended. */
export interface StageResult {
  name: string;
  passed: number;
  failed: number;
  skipped: SkippedTest[];
  /** The failed tests by name; empty for a stage that counts as one. */
  failures: FailedTest[];
  durationMs: number;
}

/** vitest needs this long to run its teardown after SIGTERM; then the group is killed. */
const stopGraceMs = 10_000;
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs every stage, prints their output as it comes, and continues after failures. */
export async function runStages(stages: Stage[]): Promise<StageResult[]> {
  const mark = randomUUID();
  const scratch = mkdtempSync(join(tmpdir(), "evertrack-test-"));
  const results: StageResult[] = [];
  let running: ChildProcess | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    if (running !== undefined) endGroup(running);
  };
  for (const signal of stopSignals) process.on(signal, stop);
  try {
    for (const stage of stages) {
      if (stopped) break;
      results.push(await runStage(stage, mark, scratch, (child) => (running = child)));
    }
  } finally {
    if (stages.some(({ counts }) => counts === "vitest")) await stopTestDatabase();
    for (const signal of stopSignals) process.off(signal, stop);
    rmSync(scratch, { recursive: true, force: true });
  }
  if (stopped)
    results.push({ name: "stopped by a signal", passed: 0, failed: 1, skipped: [], failures: [], durationMs: 0 });
  return results;
}

async function runStage(
  stage: Stage,
  mark: string,
  scratch: string,
  started: (child: ChildProcess) => void,
): Promise<StageResult> {
  console.log(`\n── ${stage.name} ${"─".repeat(Math.max(0, 70 - stage.name.length))}`);
  const reportFile = join(scratch, `${stage.name}.json`);
  const startedAt = performance.now();
  const succeeded = await runCommand(stage, mark, reportFile, started);
  await endMarkedProcesses(mark, (line) => console.warn(`left running by ${stage.name}, ended: ${line}`));
  const durationMs = performance.now() - startedAt;
  const nothing: VitestCounts = { passed: 0, failed: 0, skipped: [], failures: [] };
  const counts = stage.counts === "vitest" ? countVitest(reportFile) : nothing;
  // A status that the counts do not explain (a crash, an unhandled error, a check that found something) is one failure.
  if (!succeeded && counts.failed === 0) counts.failed = 1;
  if (stage.counts === "once" && succeeded) counts.passed = 1;
  if (stage.counts === "vitest" && counts.passed + counts.failed === 0) counts.failed = 1;
  return { name: stage.name, ...counts, durationMs };
}

/** True when the command exits with 0 in time. */
function runCommand(
  stage: Stage,
  mark: string,
  reportFile: string,
  started: (child: ChildProcess) => void,
): Promise<boolean> {
  const [program = "", ...args] = stage.command;
  if (stage.counts === "vitest") args.push("--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`);
  const PATH = [join(stagesDirectory, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  const child = spawn(program, args, {
    cwd: stagesDirectory,
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
    env: { ...process.env, PATH, [markName]: mark },
  });
  started(child);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      console.error(`${stage.name} takes longer than ${stage.timeoutMs / 60_000} minutes; ended`);
      endGroup(child);
    }, stage.timeoutMs);
    const done = (succeeded: boolean) => {
      clearTimeout(timer);
      resolve(succeeded);
    };
    child.on("error", (error) => {
      console.error(`${stage.name}: ${error.message}`);
      done(false);
    });
    child.on("exit", (code) => done(code === 0));
  });
}

function endGroup(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  signalGroup(child.pid, "SIGTERM");
  const pid = child.pid;
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), stopGraceMs);
  child.once("exit", () => clearTimeout(timer));
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The whole group has ended.
  }
}

/** vitest stops the PostgreSQL of the tests in its teardown, unless it was ended before it came to that. */
async function stopTestDatabase(): Promise<void> {
  try {
    await stopTestServerIfIdle();
  } catch (error) {
    console.warn(`the PostgreSQL of the tests could not be stopped: ${String(error)}`);
  }
}
