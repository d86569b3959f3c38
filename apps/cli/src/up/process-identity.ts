import { readFileSync } from "node:fs";

/** A process as a file may name it: ids are reused, so the start time belongs to it (absent where it cannot be read). */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, from /proc/<pid>/stat, plus the boot it counts from. */
  readonly startedAt?: string | undefined;
}

/** Identity of a process that exists now. */
export function identify(pid: number): ProcessIdentity {
  const startedAt = startOf(pid);
  return startedAt === undefined ? { pid } : { pid, startedAt };
}

/** True while exactly that process exists; another process with the same id does not count, nor does a zombie. */
export function isAlive(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: it exists but belongs to somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  const fields = statFields(identity.pid);
  if (fields?.[0] === "Z") return false;
  return identity.startedAt === undefined || fields === undefined || identity.startedAt === startOf(identity.pid);
}

/** Sends a signal to exactly that process; false if it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

function startOf(pid: number): string | undefined {
  const ticks = statFields(pid)?.[START_FIELD];
  return ticks === undefined ? undefined : `${bootId()}:${ticks}`;
}

/** Position of `starttime` (field 22 of proc_pid_stat(5)) counted from the state field. */
const START_FIELD = 19;

/** Fields from the state on; the command before it may hold spaces and parentheses. */
function statFields(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
