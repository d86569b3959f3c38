import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";

const results = join(import.meta.dirname, "..", "results");

/** Keeps a result with date, commit, machine size and its load, and says where. */
export function keepResult(bench: string, figures: Record<string, unknown>): void {
  const date = new Date().toISOString();
  const commit = commitOf();
  const machine = {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load: loadavg().map((load) => Number(load.toFixed(1))),
  };
  const name = `${bench}-${date.slice(0, 10)}-${commit}.json`;
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, name), `${JSON.stringify({ bench, date, commit, machine, figures }, undefined, 2)}\n`);
  console.log(`kept in packages/engine/bench/results/${name}`);
}

/** The value below which this share of the samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Rounded for reading. */
export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

function commitOf(): string {
  try {
    const command = ["rev-parse", "--short", "HEAD"];
    return execFileSync("git", command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "uncommitted";
  }
}
