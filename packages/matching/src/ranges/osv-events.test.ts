import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions } from "../versions/schemes.ts";
import { isAffected } from "./affected.ts";
import { type OsvEvent, rangesOfEvents } from "./osv-events.ts";

const seed = Number(process.env.EVERTRACK_TEST_SEED ?? 20_261_123);
console.info(`OSV event properties: EVERTRACK_TEST_SEED=${seed}`);

function events(text: string): OsvEvent[] {
  const types = { i: "introduced", f: "fixed", l: "last_affected", m: "limit" } as const;
  return text.split(" ").map((event) => ({ type: types[event[0] as keyof typeof types], version: event.slice(1) }));
}

function ranges(text: string): object[] {
  return rangesOfEvents("npm", "SEMVER", events(text)).map(({ kind: _, ...bounds }) => bounds);
}

describe("rangesOfEvents", () => {
  test("several pairs become several ranges, whatever their order in the record", () => {
    expect(ranges("i2.0.0 f1.5.0 i0 f2.5.0")).toEqual([{ fixed: "1.5.0" }, { introduced: "2.0.0", fixed: "2.5.0" }]);
  });

  test("the first fix closes a range, later ones and earlier ones say nothing", () => {
    expect(ranges("f1.0.0 i2.0.0 f3.0.0 f4.0.0")).toEqual([{ introduced: "2.0.0", fixed: "3.0.0" }]);
    expect(ranges("i0 l1.0.0 l2.0.0")).toEqual([{ lastAffected: "1.0.0" }]);
  });

  test("an introduction without an end reaches every later version", () => {
    expect(ranges("i1.0.0")).toEqual([{ introduced: "1.0.0" }]);
    expect(ranges("i0")).toEqual([{}]);
    expect(ranges("f1.0.0")).toEqual([]);
  });

  test("ranges that touch stay affected where they touch", () => {
    const touching = rangesOfEvents("npm", "SEMVER", events("i1.0.0 f1.1.0 i1.1.0 f1.2.0"));
    expect(isAffected({ scheme: "npm", versions: [], ranges: touching }, "1.1.0")).toBe(true);
  });

  test("a limit ends every range, the star does not", () => {
    expect(ranges("i1.0.0 m2.0.0 m3.0.0")).toEqual([{ introduced: "1.0.0", limit: "3.0.0" }]);
    expect(ranges("i1.0.0 m2.0.0 m*")).toEqual([{ introduced: "1.0.0" }]);
  });

  test("the intervals say what the schema's own algorithm says", () => {
    const version = fc.nat({ max: 9 }).map((major) => `${major + 1}.0.0`);
    const event = fc.record({
      type: fc.constantFrom("introduced", "fixed", "last_affected"),
      version,
    }) as fc.Arbitrary<OsvEvent>;
    const distinct = fc.uniqueArray(event, { selector: ({ version: text }) => text, maxLength: 8 });
    fc.assert(
      fc.property(distinct, version, (list, asked) => {
        const affected = { scheme: "npm", versions: [], ranges: rangesOfEvents("npm", "SEMVER", list) } as const;
        expect(isAffected(affected, asked)).toBe(isAffectedBySchema(list, asked));
      }),
      { seed, numRuns: 3_000 },
    );
  });
});

/** ossf.github.io/osv-schema, "Evaluation", IncludedInRanges, word for word. */
function isAffectedBySchema(list: OsvEvent[], asked: string): boolean {
  let vulnerable = false;
  for (const event of list.toSorted((a, b) => compareVersions("npm", a.version, b.version))) {
    const order = compareVersions("npm", asked, event.version);
    if (event.type === "introduced" && order >= 0) vulnerable = true;
    else if (event.type === "fixed" && order >= 0) vulnerable = false;
    else if (event.type === "last_affected" && order > 0) vulnerable = false;
  }
  return vulnerable;
}
