import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Real SBOMs and advisories live beside the repository and are never part of it; tests that need them are skipped without. */
export const sharedDirectory = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "..", "..", "..", "shared");

export const sharedDataPresent = existsSync(join(sharedDirectory, "data", "osv"));

export const WITHOUT_SHARED = sharedDataPresent ? "" : " (skipped: needs the shared data beside the repository)";

/** A file of the shared data, unpacked when it ends in .gz. */
export function sharedFile(path: string): Buffer {
  const bytes = readFileSync(join(sharedDirectory, path));
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** Lines of a JSONL file of the shared data. */
export function sharedLines<T>(path: string): T[] {
  return sharedFile(path)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
