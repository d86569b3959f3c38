import fc from "fast-check";
import { expect, it } from "vitest";
import { type AliasPair, aliasGroups } from "./alias-groups.ts";

const name = fc.record({ source: fc.constantFrom("OSV", "NVD"), vuln_id: fc.constantFrom(..."abcdefghij") });
const pairs = fc.array(
  fc.tuple(name, name).map(([a, b]): AliasPair => ({ ...a, alias_source: b.source, alias_id: b.vuln_id })),
  { maxLength: 30 },
);
const seed = Number(process.env.SEED ?? 20_261_123);
const options = { seed, numRuns: 300 };

it(`groups depend neither on the order of assertions nor on their direction (seed ${seed})`, () => {
  const reversed = (pair: AliasPair): AliasPair => ({
    source: pair.alias_source,
    vuln_id: pair.alias_id,
    alias_source: pair.source,
    alias_id: pair.vuln_id,
  });
  const comparable = (groups: ReturnType<typeof aliasGroups>) => groups.map((group) => JSON.stringify(group)).sort();
  fc.assert(
    fc.property(pairs, (some) => {
      expect(comparable(aliasGroups(some.toReversed().map(reversed)))).toEqual(comparable(aliasGroups(some)));
    }),
    options,
  );
});

it(`two names of a pair are in one group, no name is in two, and no group is of one (seed ${seed})`, () => {
  fc.assert(
    fc.property(pairs, (some) => {
      const groups = aliasGroups(some).map((group) => group.map((one) => `${one.source} ${one.vuln_id}`));
      const names = groups.flat();
      expect(new Set(names).size).toBe(names.length);
      expect(groups.every((group) => group.length > 1)).toBe(true);
      for (const { source, vuln_id, alias_source, alias_id } of some) {
        const [one, other] = [`${source} ${vuln_id}`, `${alias_source} ${alias_id}`];
        if (one !== other) expect(groups.some((group) => group.includes(one) && group.includes(other))).toBe(true);
      }
    }),
    options,
  );
});

it("names are joined through others, over any number of steps", () => {
  const chain = [..."abcdefg"].map((id, index, all) => ({
    source: "OSV",
    vuln_id: id,
    alias_source: "OSV",
    alias_id: all[index + 1] ?? id,
  }));
  expect(aliasGroups(chain).map((group) => group.map(({ vuln_id }) => vuln_id).join(""))).toEqual(["abcdefg"]);
});
