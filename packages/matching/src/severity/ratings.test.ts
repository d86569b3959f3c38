import { describe, expect, test } from "vitest";
import { resolveRatings, type StatedRating } from "./ratings.ts";

const V2 = "AV:N/AC:L/Au:N/C:C/I:C/A:C";
const V30 = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N";
const V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H";
const V4 = "CVSS:4.0/AV:L/AC:H/AT:P/PR:L/UI:N/VC:L/VI:H/VA:N/SC:N/SI:H/SA:H";
const OWASP = "SL:9/M:9/O:9/S:9/ED:9/EE:9/A:9/ID:9/LC:9/LI:9/LAV:9/LAC:9/FD:9/RD:9/NC:9/PV:9";

const nvd = (rating: StatedRating): StatedRating => ({ source: "NVD", ...rating });
const github = (rating: StatedRating): StatedRating => ({ source: "GITHUB", ...rating });

describe("resolveRatings", () => {
  test("one rating counts per method, and the newest method decides", () => {
    const ratings = [nvd({ method: "CVSSV2", vector: V2 }), nvd({ method: "CVSSV31", vector: V31 })];
    expect(resolveRatings("NVD", ratings)).toEqual({
      cvssV2: { score: 10, vector: V2, impact: 10, exploitability: 10 },
      cvssV3: { score: 10, vector: V31, impact: 6, exploitability: 3.9 },
      severity: "CRITICAL",
    });
    expect(resolveRatings("NVD", [...ratings, nvd({ method: "CVSSV4", vector: V4 })])).toMatchObject({
      cvssV4: { score: 7 },
      severity: "HIGH",
    });
  });

  test("the vulnerability's own source goes before others, 3.1 before 3.0, a vector before none", () => {
    const own = nvd({ method: "CVSSV3", vector: V30 });
    const foreign = github({ method: "CVSSV31", vector: V31 });
    expect(resolveRatings("NVD", [foreign, own]).cvssV3?.vector).toBe(V30);
    expect(resolveRatings("GITHUB", [foreign, own]).cvssV3?.vector).toBe(V31);
    expect(resolveRatings("OSV", [own, foreign]).cvssV3?.vector).toBe(V31);
    expect(resolveRatings("OSV", [nvd({ method: "CVSSV3", score: 3 }), own]).cvssV3?.score).toBe(5.3);
  });

  test("a stated score stands, a missing or zero one is computed from the vector", () => {
    expect(resolveRatings("NVD", [nvd({ method: "CVSSV2", vector: V2, score: 9 })]).cvssV2?.score).toBe(9);
    expect(resolveRatings("NVD", [nvd({ method: "CVSSV2", vector: V2, score: 0 })]).cvssV2?.score).toBe(10);
  });

  test("a vector that is none does not hide the rating of somebody else", () => {
    const ratings = [nvd({ method: "CVSSV3", vector: "nonsense" }), github({ method: "CVSSV3", vector: V30 })];
    expect(resolveRatings("NVD", ratings)).toMatchObject({ cvssV3: { score: 5.3 }, severity: "MEDIUM" });
  });

  test("the higher of CVSS and OWASP counts, a stated level before both", () => {
    const ratings = [nvd({ method: "CVSSV3", vector: V30 }), nvd({ method: "OWASP", vector: OWASP })];
    expect(resolveRatings("NVD", ratings).severity).toBe("CRITICAL");
    expect(resolveRatings("NVD", ratings, "LOW").severity).toBe("LOW");
  });

  test("without any score the first rating's word counts", () => {
    expect(resolveRatings("NVD", [github({ severity: "LOW" }), nvd({ severity: "HIGH" })]).severity).toBe("HIGH");
    expect(resolveRatings("NVD", []).severity).toBe("UNASSIGNED");
  });
});
