/**
 * The engine beside DBOS, pg-boss and graphile-worker: trivial one-step jobs per second and commits per job, with one and two
 * worker processes, in alternating order on one PostgreSQL with the same settings. Medians and ratios.
 * Bars: ≥ 3 × DBOS, ≥ 1 × pg-boss and graphile-worker, ≤ 0.2 commits per run.
 *
 *   npm run bench -- engine/comparison [--runs 5000] [--rounds 5] [--concurrency 100] [--processes 1,2] [--only dbos,pg-boss]
 *
 * The libraries are no part of the product: exact versions are installed on demand into a folder of their own, which
 * EVERTRACK_COMPARISON_DIR names (default: below the system's temporary folder).
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CANDIDATES, COMPARED_PACKAGES } from "./comparison/candidates.ts";
import { type Measurement, measure } from "./comparison/measure.ts";
import { keepResult, percentile, rounded } from "./measuring/result.ts";

const OURS = "evertrack";
const BARS: Readonly<Record<string, number>> = { dbos: 3, "pg-boss": 1, "graphile-worker": 1 };

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5000" },
    rounds: { type: "string", default: "5" },
    concurrency: { type: "string", default: "100" },
    processes: { type: "string", default: "1,2" },
    only: { type: "string" },
  },
});

/** Installs what is compared, once. */
function installedFolder(): string {
  const folder = process.env.EVERTRACK_COMPARISON_DIR ?? join(tmpdir(), "evertrack-engine-comparison");
  const manifest = `${JSON.stringify({ name: "engine-comparison", private: true, dependencies: COMPARED_PACKAGES }, null, 2)}\n`;
  const file = join(folder, "package.json");
  const complete = join(folder, "node_modules", "pg-boss");
  if (existsSync(complete) && readFileSync(file, "utf8") === manifest) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, manifest);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--save-exact"], { cwd: folder, stdio: "inherit" });
  return folder;
}

function describe(name: string, processes: number, all: readonly Measurement[], ours: number) {
  const runsPerSecond = percentile(
    all.map((each) => each.runsPerSecond),
    0.5,
  );
  const commitsPerRun = percentile(
    all.map((each) => each.commitsPerRun),
    0.5,
  );
  return {
    name,
    processes,
    runsPerSecond: Math.round(runsPerSecond),
    commitsPerRun: rounded(commitsPerRun, 2),
    oursIsTimes: rounded(ours / runsPerSecond, 2),
    rounds: all.map((each) => Math.round(each.runsPerSecond)),
  };
}

const folder = installedFolder();
const names = Object.keys(CANDIDATES).filter(
  (name) => name === OURS || options.only === undefined || options.only.split(",").includes(name),
);
const figures: ReturnType<typeof describe>[] = [];
for (const processes of options.processes.split(",").map(Number)) {
  const measured = new Map<string, Measurement[]>(names.map((name) => [name, []]));
  for (let round = 0; round < Number(options.rounds); round++) {
    // Every other round goes backwards, so that nobody always follows the same neighbour.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { runs, concurrency } = options;
      const one = await measure(name, { folder, runs: Number(runs), processes, concurrency: Number(concurrency) });
      measured.get(name)?.push(one);
      console.log(`round ${round + 1}, ${processes} process(es), ${name}: ${Math.round(one.runsPerSecond)} runs/s`);
    }
  }
  const ours = percentile(
    (measured.get(OURS) ?? []).map((each) => each.runsPerSecond),
    0.5,
  );
  for (const [name, all] of measured) figures.push(describe(name, processes, all, ours));
}
for (const { name, processes, runsPerSecond, commitsPerRun, oursIsTimes } of figures) {
  const bar = name === OURS ? "bar 0.2 commits" : `ours is ${oursIsTimes} ×, bar ${BARS[name] ?? "none"}`;
  console.log(`${processes} process(es), ${name}: ${runsPerSecond} runs/s, ${commitsPerRun} commits per run (${bar})`);
}
keepResult("comparison", {
  runs: Number(options.runs),
  concurrency: Number(options.concurrency),
  ...COMPARED_PACKAGES,
  figures,
});
process.exit(0);
