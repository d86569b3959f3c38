/**
 * A BOM on its way in. It arrives as base64 in JSON (in memory) or as a part of a form (streamed into the file store,
 * decompressed and counted on the way); from then on both look the same.
 */
import { createHash } from "node:crypto";
import { pipeline, Readable, Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { FileStore, StoredFile } from "../../platform/files/index.ts";
import { notDecodable, tooLarge } from "./errors.ts";

/** A received document; `discard` whatever is not accepted. */
export interface ReceivedBom {
  /** The upload's token, and the name of its file. */
  token: string;
  /** Of the decompressed bytes, hexadecimal. */
  sha256: string;
  /** The whole document; a fresh copy may be given away to a reading thread. */
  bytes(): Promise<Uint8Array>;
  /** Makes sure the document is in the file store. */
  keep(): Promise<StoredFile>;
  discard(): Promise<void>;
}

const pathOf = (token: string) => `bom-upload/${token}`;

/** A document that is in memory already. */
export function bomInMemory(files: FileStore, token: string, content: Buffer): ReceivedBom {
  let stored: StoredFile | undefined;
  return {
    token,
    sha256: createHash("sha256").update(content).digest("hex"),
    bytes: async () => Uint8Array.from(content),
    async keep() {
      stored ??= await files.put(pathOf(token), Readable.from([content]));
      return stored;
    },
    async discard() {
      if (stored !== undefined) await files.delete(stored.location);
    },
  };
}

/** Streams a part into the file store. Throws what the client is told about size and compression. */
export async function bomFromStream(
  files: FileStore,
  token: string,
  part: { content: Readable; contentType: string },
  limits: { multipartSizeMaxBytes: number; decompressedSizeMaxBytes: number },
): Promise<ReceivedBom> {
  const hash = createHash("sha256");
  const counter = countInto(hash, limits.decompressedSizeMaxBytes);
  // The form's parser cuts a part that is too long and tells so; a cut document must not pass for a whole one.
  part.content.once("limit", () => counter.destroy(tooLarge("The BOM part", limits.multipartSizeMaxBytes)));
  const stored = await files.put(pathOf(token), decoded(part, counter));
  return {
    token,
    sha256: hash.digest("hex"),
    bytes: () => files.read(stored),
    keep: async () => stored,
    discard: () => files.delete(stored.location),
  };
}

function decoded({ content, contentType }: { content: Readable; contentType: string }, counter: Transform): Readable {
  const encoding = /^application\/(?:x-)?(gzip|zstd)\b/i.exec(contentType)?.[1]?.toLowerCase();
  if (encoding === undefined) return pipeline(content, counter, ignore);
  const decoder = encoding === "gzip" ? createGunzip() : createZstdDecompress();
  decoder.on("error", (error) => counter.destroy(isFromZlib(error) ? notDecodable(encoding, error) : error));
  return pipeline(content, decoder, counter, ignore);
}

/** Errors reach whoever reads the last stream. */
function ignore(): void {}

/** Errors of the form's parser pass through; those of zlib carry its codes. */
function isFromZlib(error: Error & { code?: unknown }): boolean {
  return /^(Z_|ZSTD_|ERR_ZLIB)/.test(String(error.code ?? ""));
}

function countInto(hash: ReturnType<typeof createHash>, sizeMaxBytes: number): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > sizeMaxBytes) return done(tooLarge("The BOM", sizeMaxBytes));
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
