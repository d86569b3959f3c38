import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import type { FileRecord } from "../manifest.ts";

/** Fast, and a third larger than the best. */
const ZSTD_LEVEL = 3;

/** Writes a stream to a file of the backup, compressed if asked, and synchronises it. */
export async function writeFileOf(
  directory: string,
  path: string,
  content: Readable,
  { compress, signal }: { compress: boolean; signal: AbortSignal | undefined },
): Promise<FileRecord> {
  const file = join(directory, path);
  // Nothing is waited for before the pipeline is there: a stream that fails while nobody listens ends the process.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  let bytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const target = createWriteStream(file, { flush: true, mode: 0o600 });
  const options = signal === undefined ? {} : { signal };
  if (compress) {
    const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
    await pipeline(content, zstd, watch, target, options);
  } else await pipeline(content, watch, target, options);
  return { path, bytes, sha256: hash.digest("hex") };
}

/** Size and checksum of a file as it lies there. */
export async function measureFile(directory: string, path: string): Promise<FileRecord> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(join(directory, path))) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { path, bytes, sha256: hash.digest("hex") };
}

/** Makes a file, or the names in a directory, survive a power cut. */
export async function synchronise(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
