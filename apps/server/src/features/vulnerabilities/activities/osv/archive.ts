/**
 * Reading `all.zip`. yauzl walks the directory of the archive; contents are cut out and inflated here, in one piece each:
 * advisories are small, and a stream per advisory costs many times its content.
 */
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { crc32, inflateRawSync } from "node:zlib";
import { Terminal } from "@evertrack/engine/authoring";
import { type Entry, fromBufferPromise, openPromise, type ZipFile } from "yauzl";

/** Smaller archives are read into memory as a whole. */
const IN_MEMORY_MAX_BYTES = 48 * 1024 ** 2;
const ENTRIES_MAX = 2_000_000;
const STORED = 0;
const DEFLATED = 8;

/** One file of the archive; `read` throws EntryDamaged. */
export interface ArchiveEntry {
  name: string;
  read(): Promise<Buffer>;
}

/** One file of the archive cannot be used; the others can. */
export class EntryDamaged extends Error {
  override name = "EntryDamaged";
}

/** The files of an archive, each at most `entrySizeMaxBytes` long. Terminal when it is no readable archive. */
export async function* archiveEntries(path: string, entrySizeMaxBytes: number): AsyncGenerator<ArchiveEntry> {
  const source = await openSource(path);
  try {
    const { zip } = source;
    if (zip.entryCount > ENTRIES_MAX) throw new Terminal(`the archive has more than ${ENTRIES_MAX} files`);
    for await (const entry of zip.eachEntry())
      yield { name: entry.fileName, read: () => readEntry(source, entry, entrySizeMaxBytes) };
  } catch (error) {
    throw error instanceof Error && isDamage(error) ? damaged(error) : error;
  } finally {
    await source.close();
  }
}

interface Source {
  zip: ZipFile;
  bytes(start: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

async function openSource(path: string): Promise<Source> {
  const options = { lazyEntries: true, autoClose: false };
  try {
    if ((await stat(path)).size <= IN_MEMORY_MAX_BYTES) {
      const content = await readFile(path);
      const zip = await fromBufferPromise(content, options);
      return { zip, bytes: async (start, length) => content.subarray(start, start + length), close: async () => {} };
    }
    const zip = await openPromise(path, options);
    const file = await open(path);
    return {
      zip,
      bytes: (start, length) => bytesOf(file, start, length),
      async close() {
        zip.close();
        await file.close();
      },
    };
  } catch (error) {
    throw damaged(error);
  }
}

async function bytesOf(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
  return buffer.subarray(0, bytesRead);
}

async function readEntry({ zip, bytes }: Source, entry: Entry, sizeMaxBytes: number): Promise<Buffer> {
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  if (Math.max(uncompressedSize, compressedSize) > sizeMaxBytes)
    throw new EntryDamaged(`is larger than ${sizeMaxBytes} bytes`);
  if (entry.isEncrypted() || (compressionMethod !== STORED && compressionMethod !== DEFLATED))
    throw new EntryDamaged("is encrypted or compressed in an unknown way");
  try {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const packed = await bytes(fileDataStart, compressedSize);
    const content =
      compressionMethod === STORED
        ? Buffer.from(packed)
        : inflateRawSync(packed, { maxOutputLength: Math.max(uncompressedSize, 1) });
    if (content.length === uncompressedSize && crc32(content) === entry.crc32) return content;
  } catch (error) {
    throw new EntryDamaged(`is damaged in the archive: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new EntryDamaged("is damaged in the archive: its checksum is wrong");
}

/** What yauzl throws while it walks the directory carries no code and is no error of ours. */
function isDamage(error: Error): boolean {
  return error.constructor === Error && !("code" in error);
}

function damaged(error: unknown): Terminal {
  return new Terminal(`the archive cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
