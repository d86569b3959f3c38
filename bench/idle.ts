/**
 * What an instance costs while nothing happens: CPU, memory, and what it leaves in the database.
 * Bars: CPU < 1 % of a core; memory and tables do not grow.
 *
 *   npm run bench -- idle [--minutes 10]
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { Cluster } from "../e2e/harness/cluster.ts";
import { cpuTimeMs, memoryOf } from "./measuring/process-figures.ts";
import { keepResult, median } from "./measuring/result.ts";
import { grownTables, readTables, walBytes } from "./measuring/table-growth.ts";

const SETTLE_MS = 60_000;
const SAMPLE_EVERY_MS = 5000;

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const idleMs = Number(values.minutes) * 60_000;

const cluster = await Cluster.start();
const database = new pg.Client({ connectionString: cluster.databaseUrl });
try {
  await database.connect();
  // The first instance migrated the database, which leaves its memory larger.
  await cluster.first.stop();
  await cluster.addInstance();
  await delay(SETTLE_MS);
  const { pid } = cluster.first;
  const [tablesBefore, walBefore, cpuBefore] = [await readTables(database), await walBytes(database), cpuTimeMs(pid)];
  const startedMs = performance.now();
  const residentMib: number[] = [];
  while (performance.now() - startedMs < idleMs) {
    residentMib.push(memoryOf(pid).residentMib);
    await delay(SAMPLE_EVERY_MS);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const cpuPercent = (cpuTimeMs(pid) - cpuBefore) / 10 / seconds;
  const wal = (await walBytes(database)) - walBefore;
  const grown = grownTables(tablesBefore, await readTables(database));
  const tenth = Math.max(1, Math.floor(residentMib.length / 10));
  const [first, last] = [median(residentMib.slice(0, tenth)), median(residentMib.slice(-tenth))];
  const figures = {
    minutes: Number(values.minutes),
    cpuPercent: Number(cpuPercent.toFixed(2)),
    residentMibFirst: Math.round(first),
    residentMibLast: Math.round(last),
    walBytesPerSecond: Math.round(wal / seconds),
    tablesChanged: grown,
    tableBytesGrown: grown.reduce((total, table) => total + Math.max(0, table.bytesGrown), 0),
  };
  console.log(`idle for ${values.minutes} minutes: CPU ${figures.cpuPercent} % of a core (bar 1 %)`);
  console.log(`resident memory: ${figures.residentMibFirst} MiB, at the end ${figures.residentMibLast} MiB`);
  console.log(`write-ahead log of the whole database server: ${figures.walBytesPerSecond} bytes/s`);
  for (const table of grown)
    console.log(
      `${table.name}: ${table.bytesGrown} bytes, ${table.rowsGrown} rows, ${table.deadRows} dead; ${table.inserts} inserts, ${table.updates} updates (${table.hotUpdates} in place), ${table.deletes} deletes`,
    );
  console.log(`tables grew by ${figures.tableBytesGrown} bytes`);
  keepResult("idle", figures);
} finally {
  await database.end();
  await cluster.close();
}
