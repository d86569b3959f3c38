import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InventoryDigest, identityKey, inventoryRow } from "../inventory.ts";
import { InventoryDiff } from "./inventory.ts";

const SEED = 20261122;

test(`applying a difference gives exactly the wanted components (seed ${SEED})`, () => {
  const stored = fc.dictionary(fc.integer({ min: 1, max: 30 }).map(String), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(stored, stored, (before, after) => {
      const map = new Map(Object.entries(before).map(([id, hash]) => [Number(id), hash]));
      const wanted = new Map(Object.entries(after).map(([id, hash]) => [Number(id), hash]));
      const sorted = [...map].sort(([a], [b]) => a - b);
      const diff = new InventoryDiff(
        Int32Array.from(sorted, ([id]) => id),
        Float64Array.from(sorted, ([, hash]) => hash),
      );
      for (const [id, hash] of wanted) {
        const difference = diff.see(id, hash);
        expect(difference).toBe(!map.has(id) ? "added" : map.get(id) === hash ? "unchanged" : "changed");
        if (difference !== "unchanged") map.set(id, hash);
      }
      for (const id of diff.removed()) expect(map.delete(id)).toBe(true);
      expect(map).toEqual(wanted);
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
    const digest = new InventoryDigest();
    for (const { key, contentHash } of components.map(inventoryRow)) digest.add(key, contentHash);
    return digest.finish().toString("hex");
  };
  expect(digestOf(component("a", "1"), component("b", "1"))).toBe(digestOf(component("b", "1"), component("a", "1")));
  expect(digestOf(component("a", "1"))).not.toBe(digestOf(component("a", "2")));
  expect(digestOf(component("a", "1"))).not.toBe(digestOf(component("a", "1"), component("b", "1")));
});

test("digests are those of the releases before, so that an upgrade does not write every inventory again", () => {
  const digest = new InventoryDigest();
  const lines: string[] = [];
  for (let i = 0; i < 3_000; i++) {
    const key = identityKey({ name: `component ${i}` });
    expect(digest.add(key, i)).toBe(i);
    expect(digest.add(key, -1)).toBe(i);
    lines.push(`${key} ${i}`);
  }
  const before = hash("sha256", `inventory 1\n${lines.sort().join("\n")}`, "hex");
  expect(digest.finish().toString("hex")).toBe(before);
  expect(new InventoryDigest().finish().toString("hex")).toBe(hash("sha256", "inventory 1\n", "hex"));
});
