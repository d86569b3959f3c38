import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { type BundleManifest, MANIFEST } from "./manifest.ts";

/** A member and the file it is made from. */
export interface Member {
  path: string;
  file: string;
}

/** Writes a bundle: the manifest, then the members, none compressed again. The file appears when it is whole. */
export async function writeBundle(
  target: string,
  manifest: BundleManifest,
  members: readonly Member[],
  signal: AbortSignal,
): Promise<void> {
  const zip = new ZipFile();
  const failed = new Promise<never>((_, reject) => zip.once("error", reject));
  zip.addBuffer(Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`), MANIFEST, { compress: false });
  for (const { path, file } of members) zip.addFile(file, path, { compress: false });
  zip.end();
  const unfinished = `${target}.part`;
  await Promise.race([pipeline(zip.outputStream, createWriteStream(unfinished), { signal }), failed]);
  await rename(unfinished, target);
}
