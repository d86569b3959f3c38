import { describe, expect, test } from "vitest";
import { internalRule } from "./internal-components.ts";

describe("internal components", () => {
  const rule = (groupsRegex: string | null, namesRegex: string | null, matchMode = "OR") =>
    internalRule({ groupsRegex, namesRegex, matchMode });

  test("match whole names and groups; nothing set means none", () => {
    expect(rule(null, null)({ name: "a" })).toBe(false);
    expect(rule("org\\.own", null)({ group: "org.own", name: "a" })).toBe(true);
    expect(rule("org\\.own", null)({ group: "org.owner", name: "a" })).toBe(false);
    expect(rule("org\\.own", null)({ name: "a" })).toBe(false);
  });

  test("with AND both must match, an absent pattern does", () => {
    expect(rule("g", "n", "AND")({ group: "g", name: "other" })).toBe(false);
    expect(rule("g", "n")({ group: "g", name: "other" })).toBe(true);
    expect(rule("g", null, "AND")({ group: "g", name: "other" })).toBe(true);
    expect(rule(null, null, "AND")({ name: "a" })).toBe(false);
  });

  test("an expression that is none matches nothing", () => {
    expect(rule("(", null)({ group: "(", name: "a" })).toBe(false);
  });
});
