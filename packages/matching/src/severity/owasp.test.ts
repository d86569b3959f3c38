import { describe, expect, test } from "vitest";
import { OwaspError, rateOwasp } from "./owasp.ts";
import { severityOf } from "./severity.ts";

const VECTOR = "SL:1/M:1/O:0/S:2/ED:1/EE:1/A:1/ID:1/LC:2/LI:1/LAV:1/LAC:1/FD:1/RD:1/NC:2/PV:3";

describe("rateOwasp", () => {
  test("likelihood and impacts are the means of their factors", () => {
    expect(rateOwasp(VECTOR)).toEqual({ vector: VECTOR, likelihood: 1, technicalImpact: 1.25, businessImpact: 1.75 });
  });

  test("the order of factors and parentheses do not matter", () => {
    const turned = `(${VECTOR.split("/").toReversed().join("/")})`;
    expect(rateOwasp(turned)).toEqual(rateOwasp(VECTOR));
  });

  test.each([
    ["all 9", "9", "CRITICAL"],
    ["all 6", "6", "CRITICAL"],
    ["all 5", "5", "MEDIUM"],
    ["all 3", "3", "MEDIUM"],
    ["all 2", "2", "INFO"],
    ["all 0", "0", "UNASSIGNED"],
  ])("%s: a severity of %s is %s", (_, value, severity) => {
    expect(severityOf({ owasp: rateOwasp(VECTOR.replaceAll(/\d/g, value)) })).toBe(severity);
  });

  test.each([
    ["", 0],
    ["SL:1", 4],
    [VECTOR.replace("M:1", "M:10"), 7],
    [VECTOR.replace("M:1", "M:x"), 7],
    [VECTOR.replace("M:1", "MM:1"), 5],
    [VECTOR.replace("M:1", "SL:1"), 5],
    [`${VECTOR}/`, VECTOR.length + 1],
    ["x".repeat(1_000), 200],
  ])("%s is refused at %i", (vector, position) => {
    expect(() => rateOwasp(vector)).toThrow(expect.objectContaining({ name: "OwaspError", position }));
    expect(() => rateOwasp(vector)).toThrow(OwaspError);
  });
});
