import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Data of others that lies beside the repository and is not part of it. */
export const sharedFolder = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "../../../../shared");

/** A folder of it, and the words that say so in a test's name where it is absent. */
export function sharedPart(path: string): { folder: string; isAbsent: boolean; remark: string } {
  const folder = join(sharedFolder, path);
  const isAbsent = !existsSync(folder);
  return { folder, isAbsent, remark: isAbsent ? ` (skipped: ${path} is absent)` : "" };
}

/** All JSON files below a folder, packed ones unpacked. */
export function jsonFiles(folder: string): Generator<{ name: string; bytes: Uint8Array }> {
  return filesOf(folder, /\.json(\.gz)?$/);
}

/** All XML files below a folder, packed ones unpacked. */
export function xmlFiles(folder: string): Generator<{ name: string; bytes: Uint8Array }> {
  return filesOf(folder, /\.xml(\.gz)?$/);
}

function* filesOf(folder: string, wanted: RegExp): Generator<{ name: string; bytes: Uint8Array }> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !wanted.test(entry.name)) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    yield { name: entry.name, bytes: entry.name.endsWith(".gz") ? gunzipSync(bytes) : bytes };
  }
}
