import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { type Account, directoryArgument, serverEnvironment } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import type { Layout } from "./layout.ts";
import { commandLineOf, isAlive, workingDirectoryOf } from "./process-identity.ts";

const LOG_SIZE_MAX_BYTES = 20 * 1024 * 1024;

/** What runs the server besides PostgreSQL's own defaults; callers may override each. */
const DEFAULT_SETTINGS: Record<string, string> = {
  max_connections: "200",
  shared_buffers: "256MB",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] %a ",
  log_checkpoints: "off",
};

/** Set after the caller's settings: the rest of this package relies on them. */
function fixedSettings(host: string, port: number): Record<string, string> {
  // No Unix socket: its path is limited to 107 bytes, which a deep data directory exceeds.
  return { listen_addresses: host, port: String(port), unix_socket_directories: "", logging_collector: "off" };
}

/** What `postmaster.pid` says while the server runs. */
export type PostmasterFile = { pid: number; port: number; host: string; ready: boolean };

/** Starts a server that outlives this process and writes to the log file. */
export function spawnPostmaster(
  layout: Layout,
  account: Account,
  binaries: Binaries,
  address: { host: string; port: number },
  settings: Record<string, string>,
): ChildProcess {
  rotateLog(layout.logFile);
  const log = fs.openSync(layout.logFile, "a", 0o600);
  const all = { ...DEFAULT_SETTINGS, ...settings, ...fixedSettings(address.host, address.port) };
  const args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  try {
    const child = spawn(binaries.postgres, ["-D", directoryArgument(account, layout.cluster), ...args], {
      ...account,
      cwd: layout.cluster,
      env: serverEnvironment(),
      detached: true,
      stdio: ["ignore", log, log],
    });
    child.unref();
    return child;
  } finally {
    fs.closeSync(log);
  }
}

/** Reads `postmaster.pid`; `undefined` when there is none or it is not written completely yet. */
export function readPostmasterFile(layout: Layout): PostmasterFile | undefined {
  try {
    const lines = fs.readFileSync(layout.postmasterPid, "utf8").split("\n");
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    return pid > 0 ? { pid, port, host: lines[5] ?? "", ready: lines[7]?.trim() === "ready" } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The id of the living postmaster of this directory. A stranger that got a dead postmaster's id does not count. */
export function runningPostmaster(layout: Layout): PostmasterFile | undefined {
  const file = readPostmasterFile(layout);
  return file && isAlive(file.pid) && worksIn(file.pid, layout.cluster) ? file : undefined;
}

/**
 * Removes a `postmaster.pid` whose process is gone or is a stranger: PostgreSQL itself refuses to start while ANY
 * process of its user has that id. Back ends that outlived the postmaster still block a start by their shared memory.
 */
export function removeStalePostmasterFile(layout: Layout): void {
  if (readPostmasterFile(layout) && !runningPostmaster(layout)) fs.rmSync(layout.postmasterPid, { force: true });
}

/** The last lines of the log that say why a start failed. */
export function lastComplaint(layout: Layout, fromByte: number): string {
  const text = fs.readFileSync(layout.logFile).subarray(fromByte).toString("utf8");
  const lines = text
    .split("\n")
    .filter((line) => /FATAL|PANIC|HINT|DETAIL|error|could not|unrecognized|invalid/.test(line));
  return lines.slice(-5).join("\n") || text.trim().slice(-500);
}

function worksIn(pid: number, cluster: string): boolean {
  const directory = workingDirectoryOf(pid);
  if (directory !== undefined) return directory === fs.realpathSync(cluster);
  return (commandLineOf(pid) ?? "").includes("postgres");
}

function rotateLog(logFile: string): void {
  if ((fs.statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_SIZE_MAX_BYTES) {
    fs.renameSync(logFile, `${logFile}.1`);
  }
}
