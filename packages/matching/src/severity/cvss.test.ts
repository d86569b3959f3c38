import calculator from "ae-cvss-calculator";
import { describe, expect, test } from "vitest";
import { scoreCvss } from "./cvss.ts";
import { CvssError, canonicalCvssVector } from "./cvss-vector.ts";

describe("scores of the guide's examples (CVSS v2.0 guide §3.3)", () => {
  test.each([
    ["AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H", 7.8, 6.4, 9.2],
    ["AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:N/TD:N/CR:M/IR:M/AR:H", 7.8, 6.4, 0],
    ["AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:L", 10, 8.3, 9],
    ["AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:M", 6.2, 4.9, 7.5],
  ])("%s", (vector, score, temporal, environmental) => {
    expect(scoreCvss(vector)).toMatchObject({ score, temporal, environmental });
  });
});

describe("scores that a vector has no metrics for", () => {
  test("are left out, and metrics that say nothing are none", () => {
    const members = (vector: string) => Object.keys(scoreCvss(vector)).sort();
    const base = ["exploitability", "impact", "score", "vector", "version"];
    expect(members("AV:N/AC:L/Au:N/C:N/I:N/A:C/E:ND/CDP:ND")).toEqual(base);
    expect(members("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N/E:X/MAV:X")).toEqual(base);
    expect(members("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N/RC:U")).toEqual([...base, "temporal"].sort());
    expect(members("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N/MS:C")).toEqual(
      [...base, "environmental", "modifiedImpact"].sort(),
    );
    expect(members("CVSS:4.0/AV:L/AC:H/AT:P/PR:L/UI:N/VC:L/VI:H/VA:N/SC:N/SI:H/SA:H/E:U")).toEqual([
      "score",
      "vector",
      "version",
    ]);
  });

  test("a vector without impact scores 0, its sub-scores never below", () => {
    const none = scoreCvss("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N/MC:N");
    expect(none).toMatchObject({ score: 0, impact: 0, environmental: 0, modifiedImpact: 0 });
    expect(scoreCvss("AV:N/AC:L/Au:N/C:N/I:N/A:N")).toMatchObject({ score: 0, impact: 0, exploitability: 10 });
  });
});

/** Values of a metric in the grammar of the specification. */
const V3 = {
  AV: "NALP",
  AC: "LH",
  PR: "NLH",
  UI: "NR",
  S: "UC",
  C: "HLN",
  I: "HLN",
  A: "HLN",
  E: "XHFPU",
  RL: "XUWTO",
  RC: "XCRU",
  CR: "XHML",
  IR: "XHML",
  AR: "XHML",
  MAV: "XNALP",
  MAC: "XLH",
  MPR: "XNLH",
  MUI: "XNR",
  MS: "XUC",
  MC: "XNLH",
  MI: "XNLH",
  MA: "XNLH",
};

const SEED = 20_261_123;
const VECTORS = 1_000;

describe(`random vectors (seed ${SEED})`, () => {
  test("of version 3.1 score as another calculator says", () => {
    const differing = randomVectors("3.1").filter((vector) => {
      const { base, temporal, environmental } = new calculator.Cvss3P1(vector).calculateScores();
      const ours = scoreCvss(vector);
      return base !== ours.score || temporal !== ours.temporal || environmental !== ours.environmental;
    });
    expect(differing).toEqual([]);
  });

  test("of version 3.0 do so too, but for what binary fractions add to the other's rounding up", () => {
    const isNoise = (theirs = 0, ours = 0) => theirs === ours || Math.abs(theirs - ours - 0.1) < 1e-9;
    const differing = randomVectors("3.0").filter((vector) => {
      const { base, temporal, environmental } = new calculator.Cvss3P0(vector).calculateScores();
      const ours = scoreCvss(vector);
      return base !== ours.score || !isNoise(temporal, ours.temporal) || !isNoise(environmental, ours.environmental);
    });
    expect(differing).toEqual([]);
    // 5.0 * 0.92 is 4.6, and 4.6000000000000005 in binary.
    expect(scoreCvss("CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:H/RC:U").temporal).toBe(4.6);
  });
});

function randomVectors(version: string): string[] {
  const next = numbersFrom(SEED);
  return Array.from({ length: VECTORS }, () => {
    const metrics = Object.entries(V3).map(([metric, values]) => `${metric}:${values[next() % values.length]}`);
    return `CVSS:${version}/${metrics.join("/")}`;
  });
}

/** The same sequence for the same seed (a linear congruential generator; its low bits are left away). */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

describe("canonicalCvssVector", () => {
  test.each([
    ["(AV:L/Au:S/AC:H/C:C/I:P/A:N/E:ND)", "AV:L/AC:H/Au:S/C:C/I:P/A:N"],
    ["CVSS:3.1/S:C/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/MA:X/E:U/", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:U"],
  ])("%s is %s, and that is itself", (vector, canonical) => {
    expect(canonicalCvssVector(vector)).toBe(canonical);
    expect(canonicalCvssVector(canonical)).toBe(canonical);
  });
});

describe("a fault is told with its place", () => {
  test.each([
    ["CVSS:5.0/AV:N", 5],
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H", 40],
    ["CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 14],
    ["CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 12],
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/ZZ:X", 45],
    ["(AV:L/AC:H/Au:S/C:C/I:P/A:X)", 26],
  ])("%s: character %i", (vector, position) => {
    const fault = faultOf(vector);
    expect(fault).toBeInstanceOf(CvssError);
    expect(fault).toMatchObject({ position, message: expect.stringContaining(`at character ${position + 1}`) });
  });
});

function faultOf(vector: string): unknown {
  try {
    return scoreCvss(vector);
  } catch (error) {
    return error;
  }
}
