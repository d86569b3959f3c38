import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

/** The table has some 12 MB; more is taken for an attack. */
const UNCOMPRESSED_SIZE_MAX_BYTES = 1024 ** 3;
const CHUNK_SIZE_BYTES = 256 * 1024;
const LINE_LENGTH_MAX = 4_096;

/** The compressed file is damaged, cut off or no table; the message says how. */
export class ScoresFileError extends Error {
  override name = "ScoresFileError";
}

/** The lines of a compressed table, some thousand at a time. Throws ScoresFileError after the last readable ones. */
export async function* linesOf(path: string): AsyncGenerator<string[]> {
  const gunzip = createGunzip({ chunkSize: CHUNK_SIZE_BYTES });
  const source = createReadStream(path, { highWaterMark: CHUNK_SIZE_BYTES });
  source.on("error", (error) => gunzip.destroy(error));
  let rest = "";
  let sizeBytes = 0;
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > UNCOMPRESSED_SIZE_MAX_BYTES)
        throw new ScoresFileError(`has more than ${UNCOMPRESSED_SIZE_MAX_BYTES} bytes`);
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LINE_LENGTH_MAX)
        throw new ScoresFileError(`has a line of more than ${LINE_LENGTH_MAX} characters`);
      yield lines;
    }
    yield [rest];
  } catch (error) {
    throw isDamage(error) ? new ScoresFileError(`is damaged or cut off (${error.message})`) : error;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** zlib's own errors, such as Z_BUF_ERROR for a file that is cut off; not those of the file system. */
function isDamage(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}
