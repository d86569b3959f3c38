/**
 * Finds processes that a stage started and left behind, even detached ones: the test run puts a mark into the environment,
 * and every descendant inherits it. Linux only (/proc); elsewhere nothing is found.
 */
import { readdir, readFile } from "node:fs/promises";

/** Environment variable that carries the mark of one test run. */
export const markName = "EVERTRACK_STAGE_MARK";

/** The PostgreSQL of the tests is shared with other runs and stopped by its own teardown when nobody uses it. */
const shared = new Set(["postgres"]);

/** Kills every process that carries `mark`, except this one and the shared PostgreSQL; `tell` gets one line for each. */
export async function endMarkedProcesses(mark: string, tell: (line: string) => void): Promise<void> {
  for (const name of await readdir("/proc").catch(() => [])) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !(await isMarked(pid, mark))) continue;
    const command = (await textOf(`/proc/${pid}/cmdline`)).replaceAll("\0", " ").trim();
    if (shared.has((await textOf(`/proc/${pid}/comm`)).trim())) continue;
    tell(`${pid} ${command}`);
    kill(pid);
  }
}

async function isMarked(pid: number, mark: string): Promise<boolean> {
  const environment = await textOf(`/proc/${pid}/environ`);
  return environment.split("\0").includes(`${markName}=${mark}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
