import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const GENERATING_MAX_MS = 60_000;

test("the database types are those of the migrated schema (else: node tools/schema/generate.ts)", {
  timeout: GENERATING_MAX_MS + 5_000,
}, () => {
  const args = [join(import.meta.dirname, "generate.ts"), "--verify"];
  const run = spawnSync(process.execPath, args, { encoding: "utf8", timeout: GENERATING_MAX_MS });
  expect(run.status, `${run.stdout}${run.stderr}${run.error ?? ""}`).toBe(0);
});
