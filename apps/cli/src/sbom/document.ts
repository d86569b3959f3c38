/** A BOM from a file or standard input, unpacked where it is packed: offline commands send nothing anywhere. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { BomError, bomLimitsDefault } from "@evertrack/sbom";
import { CliError, codeOf, messageOf, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { bytesText } from "../output/amounts.ts";

/** A document as it was named, and its bytes. */
export interface SbomDocument {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const SIZE_MAX_BYTES = bomLimitsDefault.sizeMaxBytes;
/** How packed files begin, and what unpacks them. */
const PACKINGS = [
  { name: "gzip", magic: Buffer.from([0x1f, 0x8b]), unpack: promisify(gunzip) },
  { name: "zstd", magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), unpack: promisify(zstdDecompress) },
] as const;

/** Reads `file` (`-`: standard input). */
export async function readDocument(file: string): Promise<SbomDocument> {
  if (file === "-") return { name: "stdin", bytes: await unpacked("stdin", await bytesOf("stdin", process.stdin)) };
  const info = await stat(file).catch(() => undefined);
  if (info === undefined) throw usageError(`There is no file ${file}.`);
  if (info.isDirectory()) throw usageError(`${file} is a directory.`);
  return { name: file, bytes: await unpacked(file, await bytesOf(file, createReadStream(file))) };
}

/** What a document that is refused ends a command with. */
export function refusalOf(name: string, error: unknown): unknown {
  if (!(error instanceof BomError)) return error;
  return new CliError(EXIT.refused, `${name}: ${error.message}`, {
    details: error.problems.map(({ path, message }) => `${path}: ${message}`),
    cause: error,
  });
}

async function bytesOf(name: string, stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > SIZE_MAX_BYTES) throw tooLarge(name);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.failed, `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return Buffer.concat(chunks);
}

async function unpacked(name: string, bytes: Buffer): Promise<Uint8Array> {
  const packing = PACKINGS.find(({ magic }) => bytes.subarray(0, magic.byteLength).equals(magic));
  if (packing === undefined) return bytes;
  try {
    return await packing.unpack(bytes, { maxOutputLength: SIZE_MAX_BYTES });
  } catch (error) {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE") throw tooLarge(name);
    throw new CliError(EXIT.refused, `${name} is no sound ${packing.name} file: ${messageOf(error)}`, { cause: error });
  }
}

function tooLarge(name: string): CliError {
  return new CliError(EXIT.refused, `${name} has more than ${bytesText(SIZE_MAX_BYTES)}.`);
}
