import { describe, expect, test } from "vitest";
import { prioritize } from "./priority.ts";
import {
  type Exploitation,
  type MissionImpact,
  type SsvcDecision,
  ssvcDecision,
  type TechnicalImpact,
} from "./ssvc.ts";

const TOTAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const PARTIAL = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N";

const EXPLOITATION: Exploitation[] = ["none", "poc", "active"];
const IMPACT: TechnicalImpact[] = ["partial", "total"];
const MISSION: MissionImpact[] = ["low", "medium", "high"];
const ORDER: SsvcDecision[] = ["TRACK", "TRACK_CLOSELY", "ATTEND", "ACT"];

describe("the decision tree", () => {
  test.each([
    ["none", false, "partial", "high", "TRACK"],
    ["none", false, "total", "high", "TRACK_CLOSELY"],
    ["none", true, "total", "high", "ATTEND"],
    ["poc", false, "total", "medium", "TRACK_CLOSELY"],
    ["active", false, "partial", "medium", "TRACK"],
    ["active", true, "partial", "low", "ATTEND"],
    ["active", true, "total", "medium", "ACT"],
  ] as const)(
    "%s, automatable %s, %s, %s: %s",
    (exploitation, automatable, technicalImpact, missionImpact, decision) => {
      expect(ssvcDecision({ exploitation, automatable, technicalImpact, missionImpact })).toBe(decision);
    },
  );

  test("never becomes milder when an answer becomes worse", () => {
    const points = EXPLOITATION.flatMap((_, e) =>
      [0, 1].flatMap((a) => IMPACT.flatMap((_i, t) => MISSION.map((_m, m) => [e, a, t, m] as const))),
    );
    const rank = ([e, a, t, m]: readonly [number, number, number, number]) => {
      const exploitation = EXPLOITATION[e] ?? "none";
      const technicalImpact = IMPACT[t] ?? "partial";
      const missionImpact = MISSION[m] ?? "low";
      return ORDER.indexOf(ssvcDecision({ exploitation, automatable: a === 1, technicalImpact, missionImpact }));
    };
    expect(points).toHaveLength(36);
    for (const mild of points)
      for (const bad of points)
        if (mild.every((value, index) => value <= (bad[index] ?? 0))) expect(rank(mild)).toBeLessThanOrEqual(rank(bad));
  });
});

describe("prioritize", () => {
  test("what is exploited, automatable and total asks to act, and says why", () => {
    expect(prioritize({ isKnownExploited: true, epss: 0.01, cvssVector: TOTAL, exposure: "open" })).toEqual({
      decision: "ACT",
      reasons: [
        { question: "exploitation", answer: "active", because: "listed as known to be exploited" },
        { question: "automatable", answer: "yes", because: "from the network, without privileges, help or luck" },
        { question: "technicalImpact", answer: "total", because: "CVSS impacts H, H, H" },
        { question: "missionImpact", answer: "high", because: "exposure open" },
      ],
    });
  });

  test.each([
    [{ epss: 0.0999, cvssVector: TOTAL, exposure: "controlled" }, "TRACK"],
    [{ epss: 0.1, cvssVector: TOTAL, exposure: "controlled" }, "TRACK_CLOSELY"],
    [{ epss: 0.1, cvssVector: PARTIAL, exposure: "open" }, "TRACK_CLOSELY"],
    [{ epss: 0.1, cvssVector: PARTIAL, exposure: "small" }, "TRACK"],
    [{ cvssScore: 9.8, isKnownExploited: true }, "ACT"],
    [{ cvssScore: 5, isKnownExploited: true, automatable: false }, "TRACK"],
    [{ exploitation: "active", automatable: true, technicalImpact: "partial", exposure: "small" }, "ATTEND"],
    [{}, "TRACK"],
  ] as const)("%j is %s", (inputs, decision) => {
    expect(prioritize(inputs).decision).toBe(decision);
  });

  test.each([
    ["AV:N/AC:L/Au:N/C:C/I:C/A:C", "yes", "total"],
    ["AV:N/AC:L/Au:S/C:C/I:C/A:P", "no", "partial"],
    ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "yes", "total"],
    ["CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:L/SC:H/SI:H/SA:H", "no", "partial"],
  ])("a vector of any version answers: %s", (cvssVector, automatable, impact) => {
    const answers = prioritize({ cvssVector }).reasons.map(({ answer }) => answer);
    expect(answers.slice(1, 3)).toEqual([automatable, impact]);
  });

  test("what is assumed is told as such", () => {
    const { reasons } = prioritize({});
    expect(reasons.filter(({ because }) => because.includes("assumed"))).toHaveLength(3);
  });
});
