/**
 * A BOM on its way in. It arrives as base64 in JSON (in memory) or as a part of a form (streamed into the file store,
 * decompressed and counted on the way); from then on both look the same.
 */
import { createHash } from "node:crypto";
import { pipeline, Readable, Transform, type TransformCallback } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { FileStore, StoredFile } from "../../platform/files/index.ts";
import { AppError, InvalidRequest, PlainError } from "../../platform/http/index.ts";
import { notDecodable, tooLarge } from "./errors.ts";

/** A received document; `discard` whatever is not accepted. */
export interface ReceivedBom {
  /** The upload's token, and the name of its file. */
  token: string;
  /** Of the decompressed bytes, hexadecimal. */
  sha256: string;
  sizeBytes: number;
  /** Whether it begins as JSON does; anything else only instances of 0.3.0 and later can import. */
  beginsAsJson: boolean;
  /** The whole document; a fresh copy may be given away to a reading thread. */
  bytes(): Promise<Uint8Array>;
  /** Makes sure the document is in the file store. */
  keep(): Promise<StoredFile>;
  discard(): Promise<void>;
}

/** Accepts a document, or leaves nothing of it: when it is refused, and when an earlier request has brought it. */
export async function keptIfAccepted<A extends { token: string }>(
  document: ReceivedBom,
  accept: () => Promise<A>,
): Promise<A> {
  try {
    const accepted = await accept();
    if (accepted.token !== document.token) await document.discard();
    return accepted;
  } catch (error) {
    // After any other failure the commit may have happened: the file stays, and the clean-up removes it if it did not.
    if (error instanceof AppError || error instanceof PlainError || error instanceof InvalidRequest)
      await document.discard();
    throw error;
  }
}

const pathOf = (token: string) => `bom-upload/${token}`;

/** A document that is in memory already. */
export function bomInMemory(files: FileStore, token: string, content: Buffer): ReceivedBom {
  let stored: StoredFile | undefined;
  return {
    token,
    sha256: createHash("sha256").update(content).digest("hex"),
    sizeBytes: content.length,
    beginsAsJson: beginsAsJson(content),
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
  const counter = new Counter(hash, limits.decompressedSizeMaxBytes);
  // The form's parser cuts a part that is too long and tells so; a cut document must not pass for a whole one.
  part.content.once("limit", () => counter.destroy(tooLarge("The BOM part", limits.multipartSizeMaxBytes)));
  const stored = await files.put(pathOf(token), decoded(part, counter));
  return {
    token,
    sha256: hash.digest("hex"),
    sizeBytes: stored.sizeBytes,
    beginsAsJson: counter.beginsAsJson,
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

/** Hashes and bounds what passes, and looks at how it begins. */
class Counter extends Transform {
  #sizeBytes = 0;
  #head = Buffer.alloc(0);
  readonly #hash: ReturnType<typeof createHash>;
  readonly #sizeMaxBytes: number;

  constructor(hash: ReturnType<typeof createHash>, sizeMaxBytes: number) {
    super();
    this.#hash = hash;
    this.#sizeMaxBytes = sizeMaxBytes;
  }

  get beginsAsJson(): boolean {
    return beginsAsJson(this.#head);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#sizeBytes += chunk.length;
    if (this.#head.length < HEAD_BYTES) this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD_BYTES)]);
    this.#hash.update(chunk);
    if (this.#sizeBytes > this.#sizeMaxBytes) done(tooLarge("The BOM", this.#sizeMaxBytes));
    else done(null, chunk);
  }
}

/** White space before the first brace beyond this is taken for another format. */
const HEAD_BYTES = 4_096;

/** An optional byte order mark, white space (with zeros where characters have two bytes), a brace. */
function beginsAsJson(content: Buffer): boolean {
  return /^(?:\xEF\xBB\xBF|\xFF\xFE|\xFE\xFF)?[\s\0]*\{/.test(content.subarray(0, HEAD_BYTES).toString("latin1"));
}
