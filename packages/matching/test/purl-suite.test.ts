import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  formatPurl,
  normalizePurl,
  type Purl,
  PurlError,
  type PurlMode,
  type PurlParts,
  parsePurl,
} from "../src/purl/purl.ts";
import { isAbsent, readSharedJson, reportFigure, sharedPath, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

type PurlTest = { expected_failure: boolean; description: string } & (
  | { test_type: "parse"; input: string; expected_output: PurlParts | null }
  | { test_type: "build"; input: PurlParts; expected_output: string | null }
  | { test_type: "validate"; input: string; expected_output: string | null }
);

const STRICT = { mode: "strict" } as const;
const LENIENT = { mode: "lenient" } as const;
const PERCENT_MIN = 99;

/** The suite refuses upper-case keys of qualifiers for gem and rpm and takes them for maven; we take and lower them everywhere. */
const TAKEN_ALTHOUGH_REFUSED = [
  "pkg:gem/jruby-launcher@1.1.2?Platform=java",
  "pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25",
];

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
    expect(failures.filter((line) => !TAKEN_ALTHOUGH_REFUSED.some((text) => line.includes(text)))).toEqual([]);
  });

  test("lenient parsing gives the same for all that is valid, and never fails otherwise than with PurlError", () => {
    const failures: string[] = [];
    let passed = 0;
    for (const purlTest of files.flatMap((file) => readSharedJson<{ tests: PurlTest[] }>(file).tests)) {
      const outcome = outcomeOf(purlTest, LENIENT);
      if (purlTest.expected_failure) continue;
      if (outcome === expectedOf(purlTest)) passed++;
      else failures.push(`${purlTest.test_type} ${JSON.stringify(purlTest.input)} gives ${outcome}`);
    }
    expect(reportFigure("purl-spec, lenient", passed, failures)).toBeGreaterThanOrEqual(PERCENT_MIN);
  });

  test("every purl of the suite survives being written and read again, in both modes", () => {
    const texts = files
      .flatMap((file) => readSharedJson<{ tests: PurlTest[] }>(file).tests)
      .flatMap(({ input, expected_output }) => [input, expected_output])
      .filter((text) => typeof text === "string");
    let purls = 0;
    for (const text of texts)
      for (const mode of [STRICT, LENIENT]) {
        const purl = purlOrRefusal(text, mode);
        if (purl instanceof PurlError) continue;
        purls++;
        expect(parsePurl(formatPurl(purl), mode), text).toEqual(purl);
      }
    expect(purls).toBeGreaterThan(500);
  });
});

function testFiles(folder: string): string[] {
  return readdirSync(sharedPath(`suites/purl/${folder}`)).map((name) => `suites/purl/${folder}/${name}`);
}

function expectedOf({ expected_failure, expected_output, test_type }: PurlTest): string {
  if (expected_failure) return "refused";
  return test_type === "parse" ? flatten(expected_output ?? {}) : String(expected_output);
}

function purlOrRefusal(text: string, mode: { mode: PurlMode }): Purl | PurlError {
  try {
    return parsePurl(text, mode);
  } catch (error) {
    if (error instanceof PurlError) return error;
    throw error;
  }
}

function outcomeOf(purlTest: PurlTest, mode: { mode: PurlMode } = STRICT): string {
  try {
    if (purlTest.test_type === "build") return formatPurl(normalizePurl(purlTest.input, mode));
    const purl = parsePurl(purlTest.input, mode);
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
