/**
 * The stages of the test run, cheapest first. Each is a program of its own; vitest stages leave a JSON report to count from.
 */
import { existsSync, globSync } from "node:fs";
import { join, resolve } from "node:path";

const minuteMs = 60_000;
const root = resolve(import.meta.dirname, "..", "..");

/** One program to run and how to count it: as one test, or by the report vitest writes. */
export interface Stage {
  name: string;
  command: string[];
  timeoutMs: number;
  counts: "once" | "vitest";
}

/** Where the stages run: the repository's root. */
export const stagesDirectory = root;

const checks: Stage[] = [
  once("types", ["tsc", "-p", "tsconfig.json"]),
  once("lint", ["biome", "ci", "--max-diagnostics=50", "."]),
  once("imports", ["node", "tools/imports/cruise.ts"]),
  once("unused", ["knip", "--no-progress"]),
  once("tidy", ["node", "tools/tidy/run.ts"]),
  once("migrations", ["node", "tools/migrations/lint.ts"]),
];

/** What `npm test` runs. The limits leave room for a slow machine; the whole is meant to take about half of them on two cores. */
export function allStages(): Stage[] {
  return [...checks, vitest("tests", [], 18 * minuteMs), ...processTests()];
}

/** What `npm run check` runs: the checks, and every test that does not kill, pause or restart processes. */
export function quickStages(): Stage[] {
  const slow = ["packages/*/test/faults/**", "**/node_modules/**", "**/violations/**"];
  const exclude = slow.map((pattern) => `--exclude=${pattern}`);
  return [...checks.filter(({ name }) => name !== "unused"), vitest("tests", exclude, 10 * minuteMs)];
}

/** The suites that speak SQL: migrator, engine, and the stores of the server. */
export function databaseStages(): Stage[] {
  const stores = ["apps/server/src/**/*store*.test.ts", "apps/server/src/**/store/*.test.ts"];
  const storeTests = [...new Set(stores.flatMap((pattern) => globSync(pattern, { cwd: root })))].sort();
  return [vitest("database", ["packages/migrator/", "packages/engine/src/", ...storeTests], 8 * minuteMs)];
}

/** Tests against running processes: one file at a time, because they measure, kill and occupy ports. */
function processTests(): Stage[] {
  const config = "e2e/vitest.config.ts";
  if (!existsSync(join(root, config)) || globSync("e2e/**/*.e2e.ts", { cwd: root }).length === 0) return [];
  return [vitest("e2e", ["--config", config, "--no-file-parallelism"], 35 * minuteMs)];
}

function once(name: string, command: string[]): Stage {
  return { name, command, timeoutMs: 5 * minuteMs, counts: "once" };
}

function vitest(name: string, args: string[], timeoutMs: number): Stage {
  return { name, command: ["vitest", "run", ...args], timeoutMs, counts: "vitest" };
}
