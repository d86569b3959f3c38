import { describe, expect, test } from "vitest";
import { scoreCvss } from "./cvss.ts";
import { CvssError } from "./cvss-vector.ts";
import { SEVERITY_ORDER, SEVERITY_RANK, severityOf, severityOfWord } from "./severity.ts";

describe("severityOf", () => {
  test("an explicit level wins, then CVSS v4, v3, v2", () => {
    const scores = { cvssV2: { score: 10 }, cvssV3: { score: 5 }, cvssV4: { score: 9.3 } };
    expect(severityOf({ ...scores, level: "LOW" })).toBe("LOW");
    expect(severityOf({ ...scores, level: "UNASSIGNED" })).toBe("CRITICAL");
    expect(severityOf({ cvssV2: scores.cvssV2, cvssV3: scores.cvssV3 })).toBe("MEDIUM");
    expect(severityOf({ cvssV2: scores.cvssV2 })).toBe("HIGH");
    expect(severityOf({})).toBe("UNASSIGNED");
  });

  test.each([
    [9, "CRITICAL"],
    [8.9, "HIGH"],
    [7, "HIGH"],
    [6.9, "MEDIUM"],
    [4, "MEDIUM"],
    [3.9, "LOW"],
    [0.1, "LOW"],
    [0, "UNASSIGNED"],
  ])("a v3 or v4 score of %f is %s", (score, level) => {
    expect(severityOf({ cvssV3: { score } })).toBe(level);
    expect(severityOf({ cvssV4: { score } })).toBe(level);
  });

  test("the higher of CVSS and OWASP Risk Rating counts", () => {
    const owasp = { likelihood: 6, technicalImpact: 1, businessImpact: 7 };
    expect(severityOf({ cvssV3: { score: 5 }, owasp })).toBe("CRITICAL");
    expect(severityOf({ cvssV3: { score: 5 }, owasp: { likelihood: 1, technicalImpact: 1, businessImpact: 1 } })).toBe(
      "MEDIUM",
    );
    expect(severityOf({ owasp: { likelihood: 1, technicalImpact: 1, businessImpact: 1 } })).toBe("INFO");
  });

  test("the shown rank and the database order are each other's reverse", () => {
    for (const level of Object.keys(SEVERITY_RANK) as (keyof typeof SEVERITY_RANK)[]) {
      expect(SEVERITY_RANK[level] + SEVERITY_ORDER[level]).toBe(5);
    }
  });

  test("feeds' words are understood", () => {
    expect(["MODERATE", "medium", "Critical", "Unknown", ""].map(severityOfWord)).toEqual([
      "MEDIUM",
      "MEDIUM",
      "CRITICAL",
      undefined,
      undefined,
    ]);
  });
});

describe("scoreCvss", () => {
  test.each([
    ["AV:N/AC:L/Au:N/C:C/I:C/A:C", "2.0", 10],
    ["(AV:L/AC:H/Au:S/C:C/I:P/A:N)", "2.0", 4.5],
    ["CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", "3.0", 5.3],
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "3.1", 10],
    ["CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:L/E:U", "3.1", 5.6],
    ["CVSS:4.0/AV:L/AC:H/AT:P/PR:L/UI:N/VC:L/VI:H/VA:N/SC:N/SI:H/SA:H", "4.0", 7],
  ])("%s is of version %s and scores %f", (vector, version, score) => {
    expect(scoreCvss(vector)).toMatchObject({ version, score });
  });

  test.each([
    "",
    "CVSS:3.1/",
    "CVSS:5.0/AV:N",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H",
    "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
    "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/ZZ:X",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/constructor:X",
    "AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
    `CVSS:3.1/${"AV:N/".repeat(1_000)}`,
  ])("%s is refused", (vector) => {
    expect(() => scoreCvss(vector)).toThrow(CvssError);
  });
});
