import { HASH_MEMBERS } from "@evertrack/contract/v1/component";
import { HASH_TYPES } from "@evertrack/contract/v2/components";
import { hashAlgorithms } from "@evertrack/sbom";
import { expect, test } from "vitest";

test("what a BOM's reader keeps of hashes, both versions of the API can say", () => {
  const kept = [...hashAlgorithms].sort();
  expect([...HASH_MEMBERS].sort()).toEqual(kept);
  expect(Object.values(HASH_TYPES).sort()).toEqual(kept);
});
