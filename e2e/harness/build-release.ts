/** What makes a copy of the product a release of its own: its version, its place among the releases, its manifest. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { versionIn } from "./releases.ts";

/** Packages whose version is that of the product. */
const PRODUCT_PACKAGES = ["apps/server/package.json", "apps/cli/package.json"];
const MANIFEST_TIMEOUT_MS = 60_000;

interface ListedRelease {
  version: string;
  minBesideVersion: string;
}

/** Makes the next release of a copy: the one it was is recorded first, as a release is, and may run beside it. */
export function raiseVersion(directory: string, version: string): void {
  const before = versionIn(directory);
  for (const path of PRODUCT_PACKAGES) replaceIn(join(directory, path), /^( {2}"version": )"[^"]+"/m, `$1"${version}"`);
  const list = join(directory, "apps/server/release/releases.json");
  if (!existsSync(list)) return;
  record(directory, before);
  const { releases } = readJson<{ releases: ListedRelease[] }>(list);
  writeJson(list, { releases: [...releases, { version, minBesideVersion: before }] });
}

/** Writes the manifest of a copy anew; its packages must be there. */
export function renewManifest(directory: string): void {
  const program = join(directory, "tools/release/manifest.ts");
  if (!existsSync(program)) return;
  const made = spawnSync(process.execPath, [program], { encoding: "utf8", timeout: MANIFEST_TIMEOUT_MS });
  if (made.status !== 0) throw new Error(`the manifest of the build was not made:\n${made.stderr}`);
}

/** Replaces text in a file; throws when it is not there. */
export function replaceIn(path: string, found: string | RegExp, replacement: string): void {
  const before = readFileSync(path, "utf8");
  const after = before.replace(found, replacement);
  if (after === before) throw new Error(`${path} has no ${String(found)}`);
  writeFileSync(path, after);
}

function record(directory: string, version: string): void {
  const folder = join(directory, "apps/server/release");
  const file = join(folder, `${version}.json`);
  if (existsSync(file)) return;
  const text = readFileSync(join(directory, "apps/server/release.json"), "utf8");
  writeFileSync(file, text);
  const checksums = join(folder, "checksums.json");
  const known = existsSync(checksums) ? readJson<Record<string, string>>(checksums) : {};
  writeJson(checksums, { ...known, [version]: createHash("sha256").update(text).digest("hex") });
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
