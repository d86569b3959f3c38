// Reading the advisory archives: one zip per ecosystem, one JSON record per entry.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY_BYTES = 22;
const RECORD_BYTES_MAX = 64 * 1024 * 1024;

/** Yields every record of every `<dir>/<ecosystem>/all.zip`, parsed. */
export function* advisoryRecords(dir: string): Generator<unknown> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    for (const record of zipEntries(readFileSync(join(dir, entry.name, "all.zip"))))
      yield JSON.parse(record.toString("utf8"));
  }
}

/** The contents of a zip without ZIP64, which is what the OSV bucket serves. */
function* zipEntries(zip: Buffer): Generator<Buffer> {
  const end = zip.lastIndexOf(signature(END_OF_DIRECTORY));
  if (end < 0 || end + END_OF_DIRECTORY_BYTES > zip.length) throw new Error("not a zip file");
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error("broken zip directory");
    yield entryContent(zip, at);
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

function entryContent(zip: Buffer, directoryAt: number): Buffer {
  const method = zip.readUInt16LE(directoryAt + 10);
  const packedBytes = zip.readUInt32LE(directoryAt + 20);
  const local = zip.readUInt32LE(directoryAt + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + packedBytes);
  return method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: RECORD_BYTES_MAX });
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
