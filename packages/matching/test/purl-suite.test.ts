import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatPurl, normalizePurl, type Purl, PurlError, type PurlParts, parsePurl } from "../src/purl/purl.ts";
import { isAbsent, readSharedJson, reportFigure, sharedPath, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

type PurlTest = { expected_failure: boolean; description: string } & (
  | { test_type: "parse"; input: string; expected_output: PurlParts | null }
  | { test_type: "build"; input: PurlParts; expected_output: string | null }
  | { test_type: "validate"; input: string; expected_output: string | null }
);

const STRICT = { mode: "strict" } as const;
const PERCENT_MIN = 99;

describe.skipIf(isAbsent("suites/purl"))(`purl-spec ${WHERE_SHARED_DATA_IS}`, () => {
  const files = isAbsent("suites/purl") ? [] : ["spec", "types"].flatMap(testFiles);

  test("parsing, building and round trips give what the specification wants", () => {
    const failures: string[] = [];
    let passed = 0;
    for (const purlTest of files.flatMap((file) => readSharedJson<{ tests: PurlTest[] }>(file).tests)) {
      const outcome = outcomeOf(purlTest);
      if (outcome === expectedOf(purlTest)) passed++;
      else failures.push(`${purlTest.test_type} ${JSON.stringify(purlTest.input)} gives ${outcome}`);
    }
    expect(reportFigure("purl-spec", passed, failures)).toBeGreaterThanOrEqual(PERCENT_MIN);
  });
});

function testFiles(folder: string): string[] {
  return readdirSync(sharedPath(`suites/purl/${folder}`)).map((name) => `suites/purl/${folder}/${name}`);
}

function expectedOf({ expected_failure, expected_output, test_type }: PurlTest): string {
  if (expected_failure) return "refused";
  return test_type === "parse" ? flatten(expected_output ?? {}) : String(expected_output);
}

function outcomeOf(purlTest: PurlTest): string {
  try {
    if (purlTest.test_type === "build") return formatPurl(normalizePurl(purlTest.input, STRICT));
    const purl = parsePurl(purlTest.input, STRICT);
    return purlTest.test_type === "parse" ? flatten(purl) : formatPurl(purl);
  } catch (error) {
    if (error instanceof PurlError) return "refused";
    throw error;
  }
}

function flatten({ type, namespace, name, version, qualifiers, subpath }: PurlParts | Purl): string {
  const sorted = Object.entries(qualifiers ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([type, namespace ?? "", name, version ?? "", sorted, subpath ?? ""]);
}
