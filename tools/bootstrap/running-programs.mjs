/**
 * Looks at other processes through /proc. Where there is none (macOS), liveness falls back to signal 0 and nothing is listed.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A text that is equal as long as `pid` is the same process, undefined when there is no such process. */
export async function startTimeOf(pid) {
  const fields = await statFieldsOf(pid);
  if (fields !== undefined) return fields.state === "Z" ? undefined : fields.startTime;
  if (process.platform === "linux") return undefined;
  try {
    process.kill(pid, 0);
    return "alive";
  } catch (error) {
    return error.code === "EPERM" ? "alive" : undefined;
  }
}

/** Programs started from this checkout's apps/, other than this process and those it descends from. */
export async function programsRunningFrom(root) {
  const own = await ancestorsOf(process.pid);
  const found = [];
  for (const name of await readdir("/proc").catch(() => [])) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || own.has(pid)) continue;
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ").trim();
    if (command.includes(`${join(root, "apps")}/`)) found.push({ pid, command });
  }
  return found;
}

async function ancestorsOf(pid) {
  const seen = new Set();
  for (let current = pid; current > 0 && !seen.has(current); ) {
    seen.add(current);
    current = (await statFieldsOf(current))?.parent ?? 0;
  }
  return seen;
}

/** /proc/PID/stat: the command in parentheses may hold spaces and parentheses, so fields are counted after the last one. */
async function statFieldsOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], parent: Number(fields[1]), startTime: fields[19] };
}
