import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cruiseTree, repositoryRoot } from "./cruise.ts";

/** Each folder is a tiny repository with one fault; its name is the rule, `--` separates a second way to break it. */
const plantedFolder = join(import.meta.dirname, "violations");
const planted = readdirSync(plantedFolder).filter((name) => name !== "allowed");
const config = createRequire(import.meta.url)(join(repositoryRoot, ".dependency-cruiser.cjs")) as {
  forbidden: { name: string }[];
};

test.each(planted)("%s is seen, and no other rule misfires", async (name) => {
  const { violations } = await cruiseTree(join(plantedFolder, name));
  expect([...new Set(violations.map(({ rule }) => rule))]).toEqual([name.split("--")[0]]);
});

test("what the rules permit is permitted", async () => {
  const report = await cruiseTree(join(plantedFolder, "allowed"));
  expect(report.violations).toEqual([]);
  expect(report.modules).toBeGreaterThan(20);
});

test("every import rule has a planted violation", () => {
  const rules = new Set(config.forbidden.map(({ name }) => name));
  expect(new Set(planted.map((name) => name.split("--")[0]))).toEqual(rules);
});

test("this repository keeps its import rules", async () => {
  const report = await cruiseTree(repositoryRoot);
  expect(report.violations).toEqual([]);
  expect(report.modules).toBeGreaterThan(0);
});
