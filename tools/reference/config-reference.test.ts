import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CONFIG_REFERENCE, configReference } from "./config-reference.ts";

const written = readFileSync(join(import.meta.dirname, "../..", CONFIG_REFERENCE), "utf8");

test("the configuration reference is what the code declares (else: node tools/reference/generate-config.ts)", () => {
  expect(written).toBe(configReference());
});

test("it shows environment names, secrets and what has no effect", () => {
  expect(written).toContain("| `dt.datasource.url` | `DT_DATASOURCE_URL` | string | – |");
  expect(written).toMatch(/`dt\.datasource\.password` \| `DT_DATASOURCE_PASSWORD` \| string, _secret_/);
  const [effective = "", accepted = ""] = written.split("## Accepted without effect");
  expect(effective).not.toContain("`dt.datasource.pool.min-idle`");
  expect(accepted).toContain("`dt.datasource.pool.min-idle`");
});

test("no property is left to the last chapter", () => expect(written).not.toContain("## Other"));
