import { readdirSync, readFileSync } from "node:fs";

/** Stops every process of a PostgreSQL server, as a machine that hangs would; the result lets them go on, once. */
export function freezePostgres(postmasterPid: number): () => void {
  const frozen = new Set<number>();
  // Back ends that were started while we looked are found by looking again.
  for (let round = 0; round < 3; round++)
    for (const pid of [postmasterPid, ...childrenOf(postmasterPid)]) {
      if (frozen.has(pid)) continue;
      process.kill(pid, "SIGSTOP");
      frozen.add(pid);
    }
  return () => {
    for (const pid of frozen) if (frozen.delete(pid)) process.kill(pid, "SIGCONT");
  };
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

/** Undefined when the process is gone. */
function parentOf(pid: number): number | undefined {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[1],
    );
  } catch {
    return undefined;
  }
}
