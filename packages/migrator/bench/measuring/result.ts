import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";

const results = join(import.meta.dirname, "..", "results");

/** Keeps a result with date, commit, machine size and its load, and says where. */
export function keepResult(bench: string, figures: Record<string, unknown>): void {
  const date = new Date().toISOString();
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const load = loadavg().map((value) => Number(value.toFixed(1)));
  const machine = { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version, load };
  const name = `${bench}-${date.slice(0, 10)}-${commit}.json`;
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, name), `${JSON.stringify({ bench, date, commit, machine, figures }, undefined, 2)}\n`);
  console.log(`kept in packages/migrator/bench/results/${name}`);
}
