import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { advisoryRecords } from "../../../bench/matching/advisory-files.ts";
import {
  type IndexedMatcher,
  matchIdentity,
  packageKeyOf,
  packageKeyOfOsv,
  parsePurl,
  prepareAffected,
  readOsvAdvisory,
} from "../src/index.ts";
import { isAbsent, reportFigure, sharedPath, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

const ROWS = "data/matching/rows.jsonl.gz";
const OSV = "data/osv";

interface Row {
  purl: string;
  ecosystem: string;
  name: string;
  version: string;
  expected: string[];
}

const EXACT_PERCENT_MIN = 99.9;

/** Rows in which we differ; they count as failures, and no other row may. */
const DEVIATIONS = new Set([
  // The advisory says "fixed 8.5.1, introduced 8.5.1": two ranges that touch, the second of which holds the version.
  "pkg:bitnami/tomcat@8.5.1",
  "pkg:bitnami/tomcat@8.5.15",
  "pkg:bitnami/tomcat@8.5.17",
  "pkg:bitnami/varnish@7.0.2",
  // What follows a release word ("Final") we order otherwise than the ComparableVersion these rows come from. They are
  // variations of a bound, made for the rows.
  "pkg:maven/io.netty/netty-codec@4.1.68.Final-SNAPSHOT",
  "pkg:maven/org.jboss.resteasy/resteasy-bom@3.11.1.Final.1",
  "pkg:maven/org.jboss.resteasy/resteasy-core@3.11.1.Final.1",
]);

// What it costs, and how it does by ecosystem and case, is measured by bench/matching.ts.
describe.skipIf(isAbsent(ROWS))(`packages of the ground truth ${WHERE_SHARED_DATA_IS}`, () => {
  test("the key of a component's purl is the key of the advisory's ecosystem and name", () => {
    const rows = readRows();
    expect(rows.length).toBeGreaterThan(20_000);
    const strangers = rows.filter((row) => {
      const key = packageKeyOf(parsePurl(row.purl, { mode: "lenient" }));
      return key === undefined || key !== packageKeyOfOsv(row.ecosystem, row.name);
    });
    expect(strangers).toEqual([]);
  });

  test.skipIf(isAbsent(OSV))(
    "of all advisories there are, a package version has those that affect it and no other",
    () => {
      const index = indexOfAdvisories();
      const failures: string[] = [];
      const strangers: string[] = [];
      let passed = 0;
      for (const { purl, version, expected } of readRows()) {
        const packageKey = packageKeyOf(parsePurl(purl, { mode: "lenient" })) ?? "";
        const found = matchIdentity({ packageKey, version }, index).toSorted();
        if (JSON.stringify(found) === JSON.stringify(expected.toSorted())) passed++;
        else {
          failures.push(describeMiss(purl, expected, found));
          if (!DEVIATIONS.has(purl)) strangers.push(purl);
        }
      }
      expect(reportFigure("rows of the ground truth", passed, failures)).toBeGreaterThanOrEqual(EXACT_PERCENT_MIN);
      expect(strangers).toEqual([]);
    },
  );
});

function readRows(): Row[] {
  const lines = gunzipSync(readFileSync(sharedPath(ROWS)))
    .toString("utf8")
    .split("\n");
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Row);
}

function indexOfAdvisories(): Map<string, IndexedMatcher<string>[]> {
  const index = new Map<string, IndexedMatcher<string>[]>();
  const seen = new Set<string>();
  for (const record of advisoryRecords(sharedPath(OSV))) {
    const { id, withdrawn, affected } = readOsvAdvisory(record);
    if (withdrawn !== undefined || seen.has(id)) continue;
    seen.add(id);
    for (const one of affected) {
      const matchers = index.get(one.packageKey) ?? [];
      matchers.push({ subject: id, matches: prepareAffected(one) });
      index.set(one.packageKey, matchers);
    }
  }
  return index;
}

function describeMiss(purl: string, expected: readonly string[], found: readonly string[]): string {
  const missing = expected.filter((id) => !found.includes(id));
  const surplus = found.filter((id) => !expected.includes(id));
  return `${purl} lacks [${missing.join(" ")}], has [${surplus.join(" ")}]`;
}
