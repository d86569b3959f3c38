/**
 * Writes apps/server/release.json, the manifest of the build as it lies here. With --check it only compares, and tells what is
 * wrong in the light of the releases made before. Exits with 1 when something is.
 *
 *   node tools/release/manifest.ts [--check]
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildManifest } from "./build-manifest.ts";
import { judgeManifest } from "./judge.ts";
import { readChecksums, readRecorded, releaseFiles } from "./sources.ts";
import { manifestText } from "./text.ts";

const repository = join(import.meta.dirname, "../..");
const file = releaseFiles(repository).manifest;
const manifest = await buildManifest(repository);
const text = manifestText(manifest);
const problems = judgeManifest(manifest, readRecorded(repository), readChecksums(repository));

if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (!existsSync(file) || readFileSync(file, "utf8") !== text)
  problems.unshift("apps/server/release.json is stale; run node tools/release/manifest.ts");
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
