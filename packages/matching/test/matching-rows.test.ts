import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { packageKeyOf, packageKeyOfOsv, parsePurl } from "../src/index.ts";
import { isAbsent, sharedPath, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

const ROWS = "data/matching/rows.jsonl.gz";

interface Row {
  purl: string;
  ecosystem: string;
  name: string;
  version: string;
}

// Whether the sets of advisories are right is measured by bench/matching.ts over the whole corpus.
describe.skipIf(isAbsent(ROWS))(`packages of the ground truth ${WHERE_SHARED_DATA_IS}`, () => {
  test("the key of a component's purl is the key of the advisory's ecosystem and name", () => {
    const rows = gunzipSync(readFileSync(sharedPath(ROWS)))
      .toString("utf8")
      .split("\n")
      .filter(Boolean);
    expect(rows.length).toBeGreaterThan(20_000);
    const strangers = rows
      .map((line) => JSON.parse(line) as Row)
      .filter((row) => {
        const key = packageKeyOf(parsePurl(row.purl, { mode: "lenient" }));
        return key === undefined || key !== packageKeyOfOsv(row.ecosystem, row.name);
      });
    expect(strangers).toEqual([]);
  });
});
