import { describe, expect, test } from "vitest";
import { scoreCvss } from "../src/severity/cvss.ts";
import { isAbsent, readSharedLines, reportFigure, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

const FILE = "suites/cvss/v4-random-vectors.txt";

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
