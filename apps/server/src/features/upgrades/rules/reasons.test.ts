import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REASONS } from "./reasons.ts";

test("every reason has its chapter in docs/upgrading/check-reasons.md, and every chapter its reason", () => {
  const page = join(import.meta.dirname, "../../../../../../docs/upgrading/check-reasons.md");
  const chapters = [...readFileSync(page, "utf8").matchAll(/^### (\S+)$/gm)].map(([, code]) => code);
  expect(chapters.toSorted()).toEqual(Object.keys(REASONS).toSorted());
});
