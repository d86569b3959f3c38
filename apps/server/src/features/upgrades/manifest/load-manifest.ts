import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ReleaseManifest, releaseManifestSchema } from "./manifest.ts";

/** Generated; lies beside the package file of the server. */
const manifestFile = join(import.meta.dirname, "../../../../release.json");
/** Written when a release is made, never changed afterwards. */
const recordedManifests = join(import.meta.dirname, "../../../../release");

/** The manifest of this build. Throws when the file is missing or not what this build writes. */
export function loadManifest(file: string = manifestFile): ReleaseManifest {
  return releaseManifestSchema.parse(JSON.parse(readFileSync(file, "utf8")));
}

/**
 * The manifest a release was made with; undefined for a version this build has no record of. It knows what that release knew:
 * its workflows, for example.
 */
export function loadRecordedManifest(version: string): ReleaseManifest | undefined {
  const file = join(recordedManifests, `${version}.json`);
  return existsSync(file) ? loadManifest(file) : undefined;
}
