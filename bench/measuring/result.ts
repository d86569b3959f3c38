import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

const results = join(import.meta.dirname, "..", "results");

/** Keeps a result with date, commit and machine size, and says where. */
export function keepResult(bench: string, figures: Record<string, unknown>): void {
  const date = new Date().toISOString();
  const commit = commitOf();
  const machine = { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version };
  mkdirSync(results, { recursive: true });
  const file = join(results, `${bench}-${date.slice(0, 10)}-${commit}.json`);
  writeFileSync(file, `${JSON.stringify({ bench, date, commit, machine, figures }, undefined, 2)}\n`);
  console.log(`kept in bench/results/${bench}-${date.slice(0, 10)}-${commit}.json`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function commitOf(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "uncommitted";
  }
}
