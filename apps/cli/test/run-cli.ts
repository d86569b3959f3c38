/** Runs the real command line as a process, away from the caller's settings. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
/** Stands in for apps/server. */
export const STUB_SERVER = fileURLToPath(new URL("stub-server.ts", import.meta.url));

/** What a finished run left. */
export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run that goes on. */
export interface RunningCli {
  readonly child: ChildProcess;
  readonly done: Promise<CliRun>;
  output(): string;
}

/** Starts the command line; with `ownGroup` as a terminal would, so that Ctrl-C can be sent to the whole group. */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin?: string,
  ownGroup = false,
): RunningCli {
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(DT_|EVERTRACK_|npm_|STUB_|HTTPS?_PROXY)/i.test(name),
  );
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...Object.fromEntries(clean), ...env },
    detached: ownGroup,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin?.end(stdin);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const done = new Promise<CliRun>((resolve) => {
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, done, output: () => stdout + stderr };
}

/** Runs the command line to its end. */
export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin?: string,
): Promise<CliRun> {
  return startCli(args, env, stdin).done;
}

/** Ends what hangs; on a busy machine everything takes its time. */
const WAIT_MAX_MS = 120_000;

/** Waits for a condition; fails with what was seen. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seen: () => string = () => "",
): Promise<void> {
  const deadline = performance.now() + WAIT_MAX_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never came: ${what}\n${seen()}`);
    await sleep(20);
  }
}

/** A directory that is removed at the end (`using`). */
export function scratchDirectory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "evertrack-cli-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Ports each worker of the test run draws from by itself: files that run at the same time never draw the same one. */
const PORTS_PER_WORKER = 2_000;
const WORKERS_MAX = 6;

/** The first of `count` consecutive ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number> {
  const ATTEMPTS_MAX = 50;
  const lowest = 20_000 + (Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS_MAX) * PORTS_PER_WORKER;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const first = lowest + Math.floor(Math.random() * (PORTS_PER_WORKER - count));
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error("no free ports");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
