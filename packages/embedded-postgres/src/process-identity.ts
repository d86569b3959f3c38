import { spawnSync } from "node:child_process";
import fs from "node:fs";

/** True when a process with this id exists (it may belong to somebody else, and may be another one than it was). */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * What tells this process from a later one that got the same id: boot and start time. `undefined` when it is gone.
 * Process ids come round again, in containers within minutes.
 */
export function identityOf(pid: number): string | undefined {
  if (process.platform !== "linux") {
    const started = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim();
    return started || undefined;
  }
  const ticks = statFieldsOf(pid)?.[19];
  return ticks === undefined ? undefined : `${bootId()}:${ticks}`;
}

/** The directory a process works in, when the caller may see it. */
export function workingDirectoryOf(pid: number): string | undefined {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** The command line of a process, arguments separated by spaces. */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform !== "linux") {
    return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim() || undefined;
  }
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return undefined;
  }
}

function isZombie(pid: number): boolean {
  return process.platform === "linux" && statFieldsOf(pid)?.[0] === "Z";
}

/** Fields of /proc/<pid>/stat from the state on (the command before it may itself hold spaces and parentheses). */
function statFieldsOf(pid: number): string[] | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
