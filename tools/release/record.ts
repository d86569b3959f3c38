/**
 * Makes a release: keeps the manifest of the build as apps/server/release/<version>.json, for good. Run it once, when everything
 * of the release is committed; docs/operating/releasing.md has the whole procedure.
 *
 *   node tools/release/record.ts <version>
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildManifest } from "./build-manifest.ts";
import { judgeManifest } from "./judge.ts";
import { checksumOf, readChecksums, readRecorded, releaseFiles } from "./sources.ts";
import { manifestText } from "./text.ts";

const repository = join(import.meta.dirname, "../..");
const files = releaseFiles(repository);
const version = process.argv[2] ?? "";
const manifest = await buildManifest(repository);
if (version !== manifest.version)
  refuse(`usage: node tools/release/record.ts ${manifest.version}, the version of this build`);
if (existsSync(files.recorded(version))) refuse(`${version} was recorded; what is recorded never changes`);
const checksums = readChecksums(repository);
const problems = judgeManifest(manifest, readRecorded(repository), checksums);
if (problems.length > 0) refuse(problems.join("\n"));

const text = manifestText(manifest);
writeFileSync(files.manifest, text);
writeFileSync(files.recorded(version), text);
writeFileSync(files.checksums, `${JSON.stringify({ ...checksums, [version]: checksumOf(text) }, null, 2)}\n`);
console.log(`recorded ${files.recorded(version)}`);
process.exit();

function refuse(reason: string): never {
  console.error(reason);
  process.exit(1);
}
