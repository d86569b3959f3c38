import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import calculator from "ae-cvss-calculator";
import { describe, expect, test } from "vitest";
import { scoreCvss } from "../src/severity/cvss.ts";
import { isAbsent, readSharedLines, reportFigure, sharedPath, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

const FILE = "suites/cvss/v4-random-vectors.txt";
const NVD = "data/nvd/real/nvdcve-2.0-modified.json.gz";
const CVE5 = "data/cve5-vulnrichment/cve5.jsonl.gz";

describe.skipIf(isAbsent(FILE))(`random CVSS v4 vectors ${WHERE_SHARED_DATA_IS}`, () => {
  test("score as two independent implementations agree", () => {
    const failures: string[] = [];
    let passed = 0;
    for (const line of readSharedLines(FILE)) {
      const [vector = "", score = ""] = line.trim().split(/\s+/);
      if (vector === "") continue;
      if (scoreCvss(vector).score === Number(score)) passed++;
      else failures.push(line);
    }
    expect(reportFigure("cvss v4", passed, failures)).toBe(100);
  });
});

/** A vector with what its publisher computed of it. */
type Published = {
  vectorString: string;
  baseScore: number;
  impact?: number;
  exploitability?: number;
};

describe.skipIf(isAbsent(NVD))(`CVSS vectors of the NVD ${WHERE_SHARED_DATA_IS}`, () => {
  test("score and sub-score as the NVD says", () => {
    const published = objectsIn(JSON.parse(gunzipSync(readFileSync(sharedPath(NVD))).toString("utf8")))
      .filter((metric) => isPublished(metric.cvssData))
      .map((metric): Published => {
        const { vectorString, baseScore } = metric.cvssData as Published;
        return {
          vectorString,
          baseScore,
          ...(metric.impactScore !== undefined && { impact: metric.impactScore as number }),
          ...(metric.exploitabilityScore !== undefined && { exploitability: metric.exploitabilityScore as number }),
        };
      });
    expect(compare("cvss of the nvd", published)).toBe(100);
  });
});

describe.skipIf(isAbsent(CVE5))(`CVSS vectors of CVE records ${WHERE_SHARED_DATA_IS}`, () => {
  test("score as their publishers say, where another calculator agrees with them", () => {
    const lines = gunzipSync(readFileSync(sharedPath(CVE5)))
      .toString("utf8")
      .split("\n");
    const published = lines
      .filter((line) => line !== "")
      .flatMap((line) => objectsIn(JSON.parse(line)).filter(isPublished));
    expect(compare("cvss of cve records", published.filter(isPlausible))).toBe(100);
  });
});

/** Some publishers write the temporal score as the base score, or copy numbers of another vector. */
function isPlausible({ vectorString, baseScore }: Published): boolean {
  return calculator.fromVector(vectorString)?.calculateScores().base === baseScore;
}

function compare(name: string, published: readonly Published[]): number {
  const failures = published.flatMap((one) => {
    const { score, impact, exploitability } = scoreCvss(one.vectorString);
    const isSame =
      score === one.baseScore &&
      (one.impact === undefined || one.impact === impact) &&
      (one.exploitability === undefined || one.exploitability === exploitability);
    return isSame ? [] : [`${JSON.stringify(one)} here ${score} ${impact} ${exploitability}`];
  });
  return reportFigure(name, published.length - failures.length, failures);
}

function isPublished(value: unknown): value is Published {
  const { vectorString, baseScore } = (value ?? {}) as Partial<Published>;
  return typeof vectorString === "string" && typeof baseScore === "number";
}

/** Every object inside a JSON value. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inside : [value as Record<string, unknown>, ...inside];
}
