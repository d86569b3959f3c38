/** Writes the reference of configuration properties; with `--verify` it only tells whether the written one is right. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_REFERENCE, configReference } from "./config-reference.ts";

const file = join(import.meta.dirname, "../..", CONFIG_REFERENCE);

if (!process.argv.includes("--verify")) {
  writeFileSync(file, configReference());
} else if (readFileSync(file, "utf8") !== configReference()) {
  console.error(`${CONFIG_REFERENCE} is not what the code declares: run node tools/reference/generate-config.ts`);
  process.exitCode = 1;
}
