import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

/** All of GitHub's advisories have some 150 MB; more is taken for an attack. */
const UNCOMPRESSED_SIZE_MAX_BYTES = 4 * 1024 ** 3;
const LINE_SIZE_MAX_BYTES = 16 * 1024 ** 2;
const CHUNK_SIZE_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/** A compressed file with one advisory per line, read once from the beginning to where it can be read. */
export class AdvisoriesFile {
  readonly #path: string;
  #fault: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** After the last line: what is wrong with the file as a whole; undefined when nothing is. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** The lines as they come, empty ones left out. Damage ends them; it is told by `fault`. */
  async *lines(): AsyncGenerator<Buffer> {
    const gunzip = createGunzip({ chunkSize: CHUNK_SIZE_BYTES });
    const source = createReadStream(this.#path, { highWaterMark: CHUNK_SIZE_BYTES });
    source.on("error", (error) => gunzip.destroy(error));
    let rest: Buffer[] = [];
    let restBytes = 0;
    let sizeBytes = 0;
    try {
      for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
        sizeBytes += chunk.length;
        let start = 0;
        for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
          const line = Buffer.concat([...rest, chunk.subarray(start, end)]);
          rest = [];
          restBytes = 0;
          start = end + 1;
          if (!isBlank(line)) yield line;
        }
        rest.push(Buffer.from(chunk.subarray(start)));
        restBytes += chunk.length - start;
        if (sizeBytes > UNCOMPRESSED_SIZE_MAX_BYTES || restBytes > LINE_SIZE_MAX_BYTES) {
          this.#fault = `has more than ${UNCOMPRESSED_SIZE_MAX_BYTES} bytes, or a line of more than ${LINE_SIZE_MAX_BYTES}`;
          return;
        }
      }
      const last = Buffer.concat(rest);
      if (!isBlank(last)) yield last;
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#fault = `is damaged (${error.message})`;
    } finally {
      source.destroy();
      gunzip.destroy();
    }
  }
}

function isBlank(line: Buffer): boolean {
  return !line.some((byte) => byte > SPACE);
}

/** zlib's own errors, such as Z_DATA_ERROR; not those of the file system. */
function isDamage(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}
