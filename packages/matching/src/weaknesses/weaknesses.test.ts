import { describe, expect, test } from "vitest";
import { searchWeaknesses, WEAKNESSES, weaknessOf } from "./weaknesses.ts";

describe("weaknesses", () => {
  test("have the names MITRE gives them, categories and deprecated ones too", () => {
    expect(weaknessOf(79).name).toBe(
      "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')",
    );
    expect(weaknessOf(2).name).toBe("7PK - Environment");
    expect(weaknessOf(1)).toEqual({ cweId: 1, name: "DEPRECATED: Location" });
    expect(weaknessOf(999_999)).toEqual({ cweId: 999_999 });
  });

  test("are each there once, by id, with text that is plain", () => {
    const ids = WEAKNESSES.map(({ cweId }) => cweId);
    expect(ids.length).toBeGreaterThan(1_400);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    for (const { name } of WEAKNESSES) expect(name).toMatch(/^[^&\s](?:.*\S)?$/);
  });

  test("are found by a part of the name in any case, and by id", () => {
    expect(searchWeaknesses("CROSS-SITE scripting").map(({ cweId }) => cweId)).toContain(79);
    expect(searchWeaknesses(" cwe-79 ")[0]).toEqual(weaknessOf(79));
    expect(searchWeaknesses("100%")).toEqual([]);
  });
});
