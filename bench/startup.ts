/**
 * Start-up of one instance on a migrated database, and what it costs when idle.
 * Bars: ready ≤ 2 s, idle resident memory ≤ 160 MB, idle CPU < 1 %.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../e2e/harness/cluster.ts";
import { cpuTimeMs, memoryOf } from "./measuring/process-figures.ts";
import { keepResult, median } from "./measuring/result.ts";

const STARTS = 5;
const SETTLE_MS = 10_000;
const IDLE_MS = 30_000;

const cluster = await Cluster.start();
try {
  await cluster.first.stop();
  const startMs: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const before = performance.now();
    const instance = await cluster.addInstance();
    startMs.push(performance.now() - before);
    if (start < STARTS - 1) await instance.stop();
  }
  const { pid } = cluster.first;
  await delay(SETTLE_MS);
  const settled = memoryOf(pid);
  const cpuBefore = cpuTimeMs(pid);
  await delay(IDLE_MS);
  const idleCpuPercent = ((cpuTimeMs(pid) - cpuBefore) / IDLE_MS) * 100;
  const figures = {
    startMs: startMs.map(Math.round),
    startMedianMs: Math.round(median(startMs)),
    idleResidentMib: Math.round(settled.residentMib),
    idleResidentAfterMib: Math.round(memoryOf(pid).residentMib),
    peakMib: Math.round(settled.peakMib),
    idleCpuPercent: Number(idleCpuPercent.toFixed(2)),
  };
  console.log(`start to ready, median of ${STARTS}: ${figures.startMedianMs} ms (bar 2,000)`);
  console.log(
    `idle resident memory: ${figures.idleResidentMib} MiB, ${IDLE_MS / 1000} s later ${figures.idleResidentAfterMib} MiB (bar 160 MB)`,
  );
  console.log(`idle CPU: ${figures.idleCpuPercent} % of one core (bar 1 %)`);
  keepResult("startup", figures);
} finally {
  await cluster.close();
}
