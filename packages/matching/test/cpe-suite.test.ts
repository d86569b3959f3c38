import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { recordsOfConfigurations } from "../src/cpe/configuration.ts";
import { cpeLookupOf, isCpeCandidate } from "../src/cpe/lookup-key.ts";
import { matchesCpe } from "../src/cpe/match-cpe.ts";
import { parseCpe } from "../src/cpe/parse-cpe.ts";
import { readNvdConfigurations } from "../src/cpe/read-configurations.ts";
import { isAbsent, readSharedJson, reportFigure, sharedPath, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

interface CpeRow {
  source: string;
  range: Record<string, string> | null;
  match: boolean;
  target: string;
}

describe.skipIf(isAbsent("suites/cpe"))(`CPE name matching ${WHERE_SHARED_DATA_IS}`, () => {
  test("records match components as NIST IR 7696 and the written-down deviations want", () => {
    const failures: string[] = [];
    const rows = readSharedJson<CpeRow[]>("suites/cpe/cpe-matching.json");
    for (const row of rows) if (outcomeOf(row) !== row.match) failures.push(JSON.stringify(row));
    expect(reportFigure("cpe matching", rows.length - failures.length, failures)).toBe(100);
  });
});

function outcomeOf({ source, range, target }: CpeRow): boolean {
  const record = { cpe: parseCpe(source), range: rangeOf(range ?? {}) };
  const component = parseCpe(target);
  const lookup = cpeLookupOf(component);
  return lookup !== undefined && isCpeCandidate(record.cpe, lookup) && matchesCpe(record, component);
}

/** The rows write bounds with either case of the first letter. */
function rangeOf(range: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(range).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]),
  );
}

const NVD_FEED = "data/nvd/real/nvdcve-2.0-modified.json.gz";

describe.skipIf(isAbsent(NVD_FEED))(`NVD's records ${WHERE_SHARED_DATA_IS}`, () => {
  test("every criterion of the newest feed is read, and names what it was written for", () => {
    const feed = JSON.parse(gunzipSync(readFileSync(sharedPath(NVD_FEED))).toString()) as NvdFeed;
    const read = feed.vulnerabilities.map(({ cve }) => readNvdConfigurations(cve.configurations));
    const records = read.flatMap(({ configurations }) => recordsOfConfigurations(configurations));
    const misses = records.filter((record) => !matchesCpe(record, { ...record.cpe, version: "*" }));
    console.info(`NVD: ${records.length} records of ${read.length} CVEs`);
    expect(read.reduce((sum, { unreadable }) => sum + unreadable, 0)).toBe(0);
    expect(misses).toEqual([]);
    expect(records.length).toBeGreaterThan(0);
  });
});

interface NvdFeed {
  vulnerabilities: { cve: { configurations?: unknown } }[];
}
