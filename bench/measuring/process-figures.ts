import { readFileSync } from "node:fs";

const CLOCK_TICKS_PER_SECOND = 100;

/** Resident memory of a process, now and at its peak, MiB (Linux). */
export function memoryOf(pid: number): { residentMib: number; peakMib: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN);
  return { residentMib: kib("VmRSS") / 1024, peakMib: kib("VmHWM") / 1024 };
}

/** CPU time a process has used, user and system, ms (Linux). */
export function cpuTimeMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return (ticks * 1000) / CLOCK_TICKS_PER_SECOND;
}
