/** What the manifest of a build is made from, besides code and migrations; all below apps/server. */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compareVersions } from "@evertrack/matching";
import { z } from "zod";
import {
  type ReleaseManifest,
  releaseManifestSchema,
  releaseSchema,
} from "../../apps/server/src/features/upgrades/manifest/manifest.ts";

const VERSION = /^\d+\.\d+\.\d+$/;
const sourceSchema = z.strictObject({ releases: z.array(releaseSchema).min(1) });
const checksumsSchema = z.record(z.string(), z.string());
const packageSchema = z.object({ version: z.string() });

/** A manifest as it was recorded when its release was made. */
export interface RecordedManifest {
  version: string;
  manifest: ReleaseManifest;
  /** Of the file's text; SHA-256, hexadecimal. */
  checksum: string;
}

/** Where things lie in a checkout of this repository. */
export function releaseFiles(repository: string) {
  const server = join(repository, "apps/server");
  return {
    /** Of the build, generated. */
    manifest: join(server, "release.json"),
    /** Kept by hand: every release, what may run beside it, and why it needs a full stop if it does. */
    releases: join(server, "release/releases.json"),
    recorded: (version: string) => join(server, `release/${version}.json`),
    /** Of the recorded manifests: who changes one is found out. */
    checksums: join(server, "release/checksums.json"),
    package: join(server, "package.json"),
    histories: join(server, "test/histories"),
    migrations: { app: join(server, "migrations"), engine: join(repository, "packages/engine/migrations") },
  };
}

/** The releases kept by hand, oldest first. Throws when they are out of order or the last one is not this build's version. */
export function readReleases(repository: string): ReleaseManifest["releases"] {
  const files = releaseFiles(repository);
  const { releases } = sourceSchema.parse(readJson(files.releases));
  for (const [index, { version, minBesideVersion }] of releases.entries()) {
    const before = releases[index - 1];
    if (!VERSION.test(version)) throw new Error(`${files.releases}: ${version} is not a version like 1.2.3`);
    if (before !== undefined && compareVersions("semver", before.version, version) >= 0)
      throw new Error(`${files.releases}: ${version} stands behind ${before.version}; the oldest comes first`);
    if (compareVersions("semver", minBesideVersion, version) > 0)
      throw new Error(`${files.releases}: ${version} cannot run beside ${minBesideVersion} and newer only`);
  }
  const { version } = packageSchema.parse(readJson(files.package));
  if (releases.at(-1)?.version !== version)
    throw new Error(`${files.package} says ${version}: make it the last release of ${files.releases}`);
  return releases;
}

/** The manifests of the releases made so far, oldest first. */
export function readRecorded(repository: string): RecordedManifest[] {
  const folder = join(repository, "apps/server/release");
  return globSync("*.json", { cwd: folder })
    .map((name) => basename(name, ".json"))
    .filter((version) => VERSION.test(version))
    .map((version) => {
      const text = readFileSync(join(folder, `${version}.json`), "utf8");
      return { version, manifest: releaseManifestSchema.parse(JSON.parse(text)), checksum: checksumOf(text) };
    })
    .toSorted((a, b) => compareVersions("semver", a.version, b.version));
}

/** Checksums of the recorded manifests, by version. */
export function readChecksums(repository: string): Record<string, string> {
  const { checksums } = releaseFiles(repository);
  return existsSync(checksums) ? checksumsSchema.parse(readJson(checksums)) : {};
}

/** SHA-256 of a text, hexadecimal. */
export function checksumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
