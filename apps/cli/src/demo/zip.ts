/** A ZIP archive in memory (PKWARE APPNOTE 6.3), for a handful of small files: no ZIP64, no dates, no directories. */
import { crc32, deflateRawSync } from "node:zlib";

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

const ENTRIES_MAX = 1_000;
const VERSION_NEEDED = 20;
const FLAG_UTF8 = 0x0800;
const METHOD_DEFLATE = 8;
/** 1980-01-01, the earliest date the format knows. */
const DOS_DATE = 0x0021;

/** The bytes of an archive with these files. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  if (entries.length > ENTRIES_MAX) throw new RangeError(`more than ${ENTRIES_MAX} entries`);
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const packed = deflateRawSync(entry.bytes);
    const shared = sharedFields(entry, packed.length);
    const name = Buffer.from(entry.name, "utf8");
    const local = Buffer.concat([signature("PK\x03\x04"), shared, name, packed]);
    central.push(centralHeader(shared, name, offset));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...locals, directory, endRecord(entries.length, directory.length, offset)]);
}

/** The fields that local and central header have in common. */
function sharedFields(entry: ZipEntry, packedBytes: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION_NEEDED, 0);
  fields.writeUInt16LE(FLAG_UTF8, 2);
  fields.writeUInt16LE(METHOD_DEFLATE, 4);
  fields.writeUInt16LE(0, 6);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(crc32(entry.bytes), 10);
  fields.writeUInt32LE(packedBytes, 14);
  fields.writeUInt32LE(entry.bytes.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(entry.name, "utf8"), 22);
  fields.writeUInt16LE(0, 24);
  return fields;
}

function centralHeader(shared: Buffer, name: Buffer, localOffset: number): Buffer {
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(VERSION_NEEDED, 0);
  // Comment length, disk number, internal and external attributes: all zero; then where the local header is.
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(localOffset, 10);
  return Buffer.concat([signature("PK\x01\x02"), madeBy, shared, rest, name]);
}

function endRecord(count: number, directoryBytes: number, directoryOffset: number): Buffer {
  const record = Buffer.alloc(18);
  record.writeUInt16LE(count, 4);
  record.writeUInt16LE(count, 6);
  record.writeUInt32LE(directoryBytes, 8);
  record.writeUInt32LE(directoryOffset, 12);
  return Buffer.concat([signature("PK\x05\x06"), record]);
}

function signature(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
