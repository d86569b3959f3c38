import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { constants, createGunzip } from "node:zlib";
import { type RawRecord, RecordSplitter } from "../../rules/nvd-feed.ts";

/** NVD's largest feed has some 300 MB; more is taken for an attack. */
const UNCOMPRESSED_SIZE_MAX_BYTES = 4 * 1024 ** 3;
const CHUNK_SIZE_BYTES = 256 * 1024;

/** A compressed feed on this machine, read once from the beginning to where it can be read. */
export class FeedFile {
  readonly #path: string;
  readonly #splitter = new RecordSplitter();
  readonly #hash = createHash("sha256");
  #fault: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** After the last record: what is wrong with the feed as a whole; undefined when nothing is. */
  get fault(): string | undefined {
    return this.#fault ?? (this.#splitter.isComplete ? undefined : "ends in the middle");
  }

  /** Of the uncompressed feed, hexadecimal; asked for once, after the last record. */
  get sha256(): string {
    return this.#hash.digest("hex");
  }

  /** The records as they come. Damage ends them; it is told by `fault`. */
  async *records(): AsyncGenerator<RawRecord> {
    // Without the final check everything that can be uncompressed of a cut file comes out; the splitter sees the cut.
    const gunzip = createGunzip({ chunkSize: CHUNK_SIZE_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
    const source = createReadStream(this.#path, { highWaterMark: CHUNK_SIZE_BYTES });
    source.on("error", (error) => gunzip.destroy(error));
    let sizeBytes = 0;
    try {
      for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
        sizeBytes += chunk.length;
        if (sizeBytes > UNCOMPRESSED_SIZE_MAX_BYTES) {
          this.#fault = `has more than ${UNCOMPRESSED_SIZE_MAX_BYTES} bytes`;
          return;
        }
        this.#hash.update(chunk);
        yield* this.#splitter.push(chunk);
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#fault = `is damaged (${error.message})`;
    } finally {
      source.destroy();
      gunzip.destroy();
    }
  }
}

/** zlib's own errors, such as Z_DATA_ERROR; not those of the file system. */
function isDamage(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}
