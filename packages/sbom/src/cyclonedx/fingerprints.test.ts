import { expect, test } from "vitest";
import { Fingerprints } from "./fingerprints.ts";

test("half a million texts that look alike are told apart, and found again by their number", () => {
  const texts = Array.from({ length: 500_000 }, (_, i) => `pkg:npm/%40scope/package-${i}@1.${i % 7}.0`);
  const prints = new Fingerprints();
  for (let round = 0; round < 2; round++) expect(texts.every((text, i) => prints.add(text) === i)).toBe(true);
  expect(prints.size).toBe(texts.length);
  expect(prints.numberOf(texts[77] ?? "")).toBe(77);
  expect(prints.numberOf("pkg:npm/another@1")).toBeUndefined();
});
