// Matching against ground truth: loads every OSV advisory, asks for every row's package version and compares the set of
// advisories found with the set expected. A row counts when the sets are equal.
//
//   node bench/matching.ts [--osv DIR] [--rows FILE] [--expected FILE] [--show N]
//
// The data lie beside the project (EVERTRACK_SHARED, default ../shared); the result goes to bench/results.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import {
  type IndexedMatcher,
  matchIdentity,
  packageKeyOf,
  parsePurl,
  prepareAffected,
  readOsvAdvisory,
} from "@evertrack/matching";
import { advisoryRecords } from "./matching/advisory-files.ts";
import { countRow, percentOf, renderTable, type Score, type ScoreTable } from "./matching/scores.ts";

const EXACT_PERCENT_MIN = 99.9;
const project = resolve(import.meta.dirname, "..");
const shared = process.env.EVERTRACK_SHARED ?? resolve(project, "../shared");

const { values: options } = parseArgs({
  options: {
    osv: { type: "string", default: join(shared, "data/osv") },
    rows: { type: "string", default: join(shared, "data/matching/rows.jsonl.gz") },
    expected: { type: "string", default: join(shared, "data/matching/expected-by-purl.jsonl.gz") },
    show: { type: "string", default: "10" },
  },
});

interface Row {
  purl: string;
  expected: string[];
  ecosystem?: string;
  case?: string;
}

type Index = Map<string, IndexedMatcher<string>[]>;

const beforeLoad = process.cpuUsage();
const { index, advisories, withdrawn } = loadIndex(options.osv);
const loadCpuMs = cpuMsSince(beforeLoad);
console.log(
  `${advisories} advisories (${withdrawn} withdrawn left out), ${index.size} packages, ${loadCpuMs.toFixed(0)} ms CPU\n`,
);

const rows = scoreRows(options.rows);
const expected = scoreRows(options.expected);
console.log(renderTable("ecosystem", rows.byEcosystem), "\n");
console.log(renderTable("case", rows.byCase), "\n");
console.log(
  renderTable(
    "set",
    new Map([
      ["rows", rows.total],
      ["expected-by-purl", expected.total],
    ]),
  ),
);
console.log(`\n${rows.purlsPerCpuSecond.toFixed(0)} purls per CPU second`);
for (const miss of [...rows.misses, ...expected.misses].slice(0, Number(options.show))) console.log(miss);
writeResult();
process.exitCode = percentOf(rows.total) >= EXACT_PERCENT_MIN && expected.total.exact === expected.total.rows ? 0 : 1;

function loadIndex(dir: string): { index: Index; advisories: number; withdrawn: number } {
  const index: Index = new Map();
  let advisories = 0;
  let withdrawn = 0;
  const seen = new Set<string>();
  for (const record of advisoryRecords(dir)) {
    const advisory = readOsvAdvisory(record);
    if (advisory.withdrawn !== undefined) withdrawn++;
    if (advisory.withdrawn !== undefined || seen.has(advisory.id)) continue;
    seen.add(advisory.id);
    advisories++;
    for (const affected of advisory.affected) {
      const matchers = index.get(affected.packageKey) ?? [];
      matchers.push({ subject: advisory.id, matches: prepareAffected(affected) });
      index.set(affected.packageKey, matchers);
    }
  }
  return { index, advisories, withdrawn };
}

function scoreRows(file: string) {
  const byEcosystem: ScoreTable = new Map();
  const byCase: ScoreTable = new Map();
  const total: Score = { rows: 0, exact: 0 };
  const misses: string[] = [];
  const started = process.cpuUsage();
  for (const row of readRows(file)) {
    const found = findAdvisories(row.purl).sort();
    const isExact = JSON.stringify(found) === JSON.stringify(row.expected.toSorted());
    total.rows++;
    if (isExact) total.exact++;
    else misses.push(describeMiss(row, found));
    countRow(byEcosystem, row.ecosystem ?? "-", isExact);
    countRow(byCase, row.case ?? "-", isExact);
  }
  return { byEcosystem, byCase, total, misses, purlsPerCpuSecond: (1000 * total.rows) / cpuMsSince(started) };
}

/** CPU time, because the machine is seldom idle. */
function cpuMsSince(earlier: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(earlier);
  return (user + system) / 1000;
}

function readRows(file: string): Row[] {
  const lines = gunzipSync(readFileSync(file)).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Row);
}

function findAdvisories(purlText: string): string[] {
  const purl = parsePurl(purlText, { mode: "lenient" });
  const packageKey = packageKeyOf(purl);
  if (packageKey === undefined || purl.version === undefined) return [];
  return matchIdentity({ packageKey, version: purl.version }, index);
}

function describeMiss(row: Row, found: string[]): string {
  const missing = row.expected.filter((id) => !found.includes(id));
  const surplus = found.filter((id) => !row.expected.includes(id));
  return `${row.case ?? ""} ${row.purl} missing [${missing.join(" ")}] surplus [${surplus.join(" ")}]`;
}

function writeResult(): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: project, encoding: "utf8" }).trim();
  const date = new Date().toISOString().slice(0, 10);
  const result = {
    date,
    commit,
    node: process.version,
    advisories,
    loadCpuMs: Math.round(loadCpuMs),
    purlsPerCpuSecond: Math.round(rows.purlsPerCpuSecond),
    rows: rows.total,
    expectedByPurl: expected.total,
    byEcosystem: Object.fromEntries(rows.byEcosystem),
    byCase: Object.fromEntries(rows.byCase),
  };
  mkdirSync(join(project, "bench/results"), { recursive: true });
  writeFileSync(join(project, `bench/results/matching-${date}-${commit}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
