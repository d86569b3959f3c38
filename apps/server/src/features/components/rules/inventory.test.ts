import fc from "fast-check";
import { expect, test } from "vitest";
import { Inventory, identityKey } from "../inventory.ts";
import { diffInventory } from "./inventory.ts";

const SEED = 20261122;

test(`applying a difference gives exactly the wanted components (seed ${SEED})`, () => {
  const stored = fc.dictionary(fc.integer({ min: 1, max: 30 }).map(String), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(stored, stored, (before, after) => {
      const map = new Map(Object.entries(before).map(([id, hash]) => [Number(id), hash]));
      const wanted = Object.entries(after).map(([id, contentHash]) => ({ identityId: Number(id), contentHash }));
      const diff = diffInventory(map, wanted);
      for (const id of diff.removed) expect(map.delete(id)).toBe(true);
      for (const { identityId } of diff.added) expect(map.has(identityId)).toBe(false);
      for (const { identityId, contentHash } of diff.changed) expect(map.get(identityId)).not.toBe(contentHash);
      for (const { identityId, contentHash } of [...diff.added, ...diff.changed]) map.set(identityId, contentHash);
      expect(map).toEqual(new Map(wanted.map(({ identityId, contentHash }) => [identityId, contentHash])));
      expect(diff.added.length + diff.changed.length + diff.unchanged).toBe(wanted.length);
    }),
    { seed: SEED },
  );
});

test("every coordinate tells identities apart, and shifting text between them does too", () => {
  const keys = [
    { name: "a" },
    { name: "a", group: "g" },
    { name: "a", version: "1" },
    { name: "a", purl: "pkg:npm/a" },
    { name: "a", cpe: "cpe" },
    { name: "a", swidTagId: "s" },
    { name: "a", scope: "REQUIRED" },
    { name: "ag" },
    { name: "g", group: "a" },
  ].map(identityKey);
  expect(new Set(keys).size).toBe(keys.length);
});

test("the digest is that of the content, not of the order", () => {
  const component = (name: string, copyright: string) => ({
    name,
    classifier: "LIBRARY",
    isInternal: false,
    detail: { copyright },
  });
  const digestOf = (...components: ReturnType<typeof component>[]) => {
    const inventory = new Inventory();
    for (const one of components) inventory.add(one);
    return inventory.digest().toString("hex");
  };
  expect(digestOf(component("a", "1"), component("b", "1"))).toBe(digestOf(component("b", "1"), component("a", "1")));
  expect(digestOf(component("a", "1"))).not.toBe(digestOf(component("a", "2")));
  expect(digestOf(component("a", "1"))).not.toBe(digestOf(component("a", "1"), component("b", "1")));
});
