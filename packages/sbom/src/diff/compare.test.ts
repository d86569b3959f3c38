import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBom } from "../read-bom.ts";
import { coordinatesOf, type DiffComponent, diffInventories, inventoryOfBom } from "./index.ts";

const npm = (name: string, version: string, licenses: string[] = []): DiffComponent => ({
  name,
  version,
  purl: `pkg:npm/${name}@${version}`,
  licenses,
});

const SEED = Number(process.env.SEED ?? 20_261_123);

describe("two components count as one package", () => {
  test.each([
    ["pkg:npm/a@1", "pkg:npm/a@2?x=y#z", true],
    ["pkg:npm/%40acme/a@1", "pkg:NPM/@acme/a", true],
    ["pkg:npm/@acme/a@1.0", "pkg:npm/a@1.0", false],
    ["pkg:npm/a@1", "pkg:pypi/a@1", false],
    ["pkg:deb/debian/libc6@2.36-9?arch=amd64", "pkg:deb/debian/libc6@2.41-1?arch=arm64", true],
  ])("%s and %s: %s", (one, other, same) => {
    const key = (purl: string) => coordinatesOf({ name: "x", purl, licenses: [] });
    expect(key(one) === key(other)).toBe(same);
  });

  test("by group and name where a purl is missing", () => {
    const key = (group: string | undefined, name: string) => coordinatesOf({ group, name, licenses: [] });
    expect(key("g", "n")).toBe(key("g", "n"));
    expect(key("g", "n")).not.toBe(key(undefined, "n"));
  });
});

describe("a comparison", () => {
  test("tells what came, went, changed its version or its licence", () => {
    const before = [npm("gone", "1"), npm("bumped", "1.9"), npm("same", "1", ["MIT"]), npm("relicensed", "1", ["MIT"])];
    const after = [
      npm("relicensed", "1", ["ISC"]),
      npm("same", "1", ["MIT", "MIT"]),
      npm("bumped", "1.10"),
      npm("come", "3"),
    ];
    expect(diffInventories({ components: before }, { components: after })).toMatchObject({
      counts: { componentsBefore: 4, componentsAfter: 4, added: 1, removed: 1, changed: 1, unchanged: 1, licenses: 1 },
      added: [{ name: "come" }],
      removed: [{ name: "gone" }],
      changed: [{ component: { name: "bumped" }, from: "1.9", to: "1.10" }],
      licenses: [{ component: { name: "relicensed" }, from: ["MIT"], to: ["ISC"] }],
      truncated: false,
    });
  });

  test("keeps versions that both sides have, and pairs the others in order", () => {
    const components = (...versions: string[]) => ({ components: versions.map((version) => npm("a", version)) });
    const diff = diffInventories(components("1", "2", "9"), components("10", "2", "11", "12"));
    expect(diff.changed.map(({ from, to }) => [from, to])).toEqual([
      ["1", "10"],
      ["9", "11"],
    ]);
    expect(diff.added.map(({ version }) => version)).toEqual(["12"]);
    expect(diff.counts.unchanged).toBe(1);
  });

  test("says nothing of dependencies and vulnerabilities where one side does not know them", () => {
    const { counts } = diffInventories({ components: [], direct: [], vulnerabilities: [] }, { components: [] });
    expect(Object.keys(counts).sort()).toEqual([
      "added",
      "changed",
      "componentsAfter",
      "componentsBefore",
      "licenses",
      "removed",
      "unchanged",
    ]);
  });

  test("ends its lists and says so, and counts all", () => {
    const components = Array.from({ length: 30 }, (_, index) => npm(`c${index}`, "1"));
    const diff = diffInventories({ components: [] }, { components }, { entriesMax: 10 });
    expect([diff.added.length, diff.counts.added, diff.truncated]).toEqual([10, 30, true]);
  });

  const component = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    version: fc.constantFrom("1", "2", "10", undefined),
    purl: fc.constantFrom("pkg:npm/a@1", "pkg:npm/a@1?os=x", "pkg:npm/b@1", undefined),
    licenses: fc.array(fc.constantFrom("MIT", "ISC")),
  });
  const list = fc.array(component, { maxLength: 12 });

  test(`does not depend on the order of either side, adds up, and of equal sides finds nothing (seed ${SEED})`, () => {
    fc.assert(
      fc.property(list, list, (before, after) => {
        const vulnerabilities = (of: DiffComponent[]) => of.map((one) => ({ id: one.version ?? "V", component: one }));
        const side = (of: DiffComponent[]) => ({ components: of, direct: of, vulnerabilities: vulnerabilities(of) });
        const diff = diffInventories(side(before), side(after));
        const { added, removed, changed, unchanged, licenses, componentsBefore, componentsAfter } = diff.counts;
        expect(componentsBefore).toBe(removed + changed + unchanged + licenses);
        expect(componentsAfter).toBe(added + changed + unchanged + licenses);
        const shuffled = diffInventories(side(before.toReversed()), side(after.toReversed()));
        expect(shuffled).toEqual(diff);
        const same = diffInventories(side(before), side(before.toReversed())).counts;
        expect([
          same.added,
          same.removed,
          same.changed,
          same.licenses,
          same.directAdded,
          same.vulnerabilitiesAdded,
        ]).toEqual([0, 0, 0, 0, 0, 0]);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

test("BOMs are compared with their direct dependencies", () => {
  const bom = (version: string, direct: string[]) =>
    inventoryOfBom(
      readBom(
        Buffer.from(
          JSON.stringify({
            bomFormat: "CycloneDX",
            specVersion: "1.6",
            metadata: { component: { type: "application", name: "app", "bom-ref": "app" } },
            components: [
              { type: "library", name: "a", version, "bom-ref": "a", licenses: [{ expression: "MIT OR ISC" }] },
              { type: "library", name: "b", version: "1", "bom-ref": "b" },
            ],
            dependencies: [{ ref: "app", dependsOn: direct }],
          }),
        ),
        { validate: true },
      ),
    );
  expect(diffInventories(bom("1", ["a"]), bom("2", ["b"]))).toMatchObject({
    changed: [{ component: { name: "a", licenses: ["MIT OR ISC"] }, from: "1", to: "2" }],
    directAdded: [{ name: "b" }],
    directRemoved: [{ name: "a" }],
    counts: { changed: 1, unchanged: 1, directAdded: 1, directRemoved: 1 },
  });
});
