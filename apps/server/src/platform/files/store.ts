import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { access, constants as accessModes, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { constants, createZstdCompress, createZstdDecompress, zstdDecompress } from "node:zlib";
import { type Config, property } from "../config/index.ts";

export const fileProperties = {
  provider: property.oneOf("dt.file-storage.provider", ["local"], {
    default: "local",
    meaning: "where uploads wait to be processed; s3 follows",
  }),
  directory: property.string("dt.file-storage.local.directory", {
    default: "${dt.data-directory}/storage",
    meaning: "directory shared by all instances",
  }),
  compressionLevel: property.integer("dt.file-storage.local.compression-level", {
    default: 5,
    min: -7,
    max: 22,
    meaning: "zstd level",
  }),
};

/** Where a stored file is and how to know it is unharmed. */
export interface StoredFile {
  /** `local:///<path>` */
  location: string;
  /** Of the stored (compressed) bytes, hexadecimal. */
  sha256: string;
  /** Uncompressed. */
  sizeBytes: number;
}

/** The file is gone or changed: work that needs it cannot succeed any more. */
export class FileLost extends Error {
  constructor(location: string, reason: string) {
    super(`stored file ${location} ${reason}`);
    this.name = "FileLost";
  }
}

/** No room, or no quota left: nothing is wrong with what was to be written, and there may be room later. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

const SCHEME = "local:///";
const STALE_PARTIAL_MS = 24 * 3_600_000;

/** Files below one directory shared by all instances: zstd-compressed, written aside and renamed, so a reader sees all or nothing. */
export class FileStore {
  readonly #root: string;
  readonly #level: number;

  constructor(root: string, compressionLevel: number) {
    this.#root = resolve(root);
    this.#level = compressionLevel;
  }

  static fromConfig(config: Config): FileStore {
    config.get(fileProperties.provider);
    return new FileStore(config.get(fileProperties.directory), config.get(fileProperties.compressionLevel));
  }

  /** Creates the directory; throws when it cannot be written. */
  async open(): Promise<void> {
    await mkdir(this.#root, { recursive: true });
    await access(this.#root, accessModes.W_OK);
  }

  /** Stores a stream under `path` (slash-separated); an existing file of that path is replaced. */
  async put(path: string, content: Readable): Promise<StoredFile> {
    const target = this.#inside(path);
    const partial = `${target}.${crypto.randomUUID()}.partial`;
    await mkdir(dirname(target), { recursive: true });
    const stored = createHash("sha256");
    let sizeBytes = 0;
    const count = tap((chunk) => {
      sizeBytes += chunk.length;
    });
    const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: this.#level } });
    try {
      await pipeline(
        content,
        count,
        compress,
        tap((chunk) => stored.update(chunk)),
        createWriteStream(partial, { flush: true }),
      );
      await rename(partial, target);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return { location: SCHEME + path, sha256: stored.digest("hex"), sizeBytes };
  }

  /** Whole content, decompressed. Throws FileLost when it is gone or its checksum differs. */
  async read(file: Pick<StoredFile, "location" | "sha256"> & { sizeBytes?: number }): Promise<Buffer> {
    const compressed = await readFile(this.#pathOf(file.location)).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? new FileLost(file.location, "does not exist any more") : error;
    });
    if (createHash("sha256").update(compressed).digest("hex") !== file.sha256)
      throw new FileLost(file.location, "does not match its checksum");
    return file.sizeBytes === undefined
      ? promisify(zstdDecompress)(compressed)
      : decompressInto(Buffer.allocUnsafeSlow(file.sizeBytes), compressed);
  }

  /** Deleting a file that is gone already succeeds. */
  async delete(location: string): Promise<void> {
    await rm(this.#pathOf(location), { force: true });
  }

  /** Paths below `folder` last written before `before`; left-over partial files are removed on the way. */
  async listOlderThan(folder: string, before: Date): Promise<string[]> {
    const root = this.#inside(folder);
    const entries = await readdir(root, { withFileTypes: true, recursive: true }).catch(() => []);
    const old: string[] = [];
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const modified = (await stat(path).catch(() => undefined))?.mtime;
      if (modified === undefined || modified >= before) continue;
      if (!entry.name.endsWith(".partial")) old.push(SCHEME + relative(this.#root, path).split(sep).join("/"));
      else if (Date.now() - modified.getTime() > STALE_PARTIAL_MS) await rm(path, { force: true });
    }
    return old;
  }

  #pathOf(location: string): string {
    if (!location.startsWith(SCHEME))
      throw new FileLost(location, "is kept by a storage provider that is not configured here");
    return this.#inside(location.slice(SCHEME.length));
  }

  #inside(path: string): string {
    const full = resolve(this.#root, path);
    if (!full.startsWith(this.#root + sep)) throw new Error(`path ${path} leaves the file store`);
    return full;
  }
}

/** With the size known the content is in memory once; without, its pieces and their concatenation are. */
async function decompressInto(content: Buffer, compressed: Buffer): Promise<Buffer> {
  let filledBytes = 0;
  for await (const chunk of Readable.from([compressed]).pipe(createZstdDecompress()))
    filledBytes += (chunk as Buffer).copy(content, filledBytes);
  if (filledBytes !== content.length) throw new Error(`a stored file has ${filledBytes} bytes, not ${content.length}`);
  return content;
}

function tap(see: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk);
      done(null, chunk);
    },
  });
}
