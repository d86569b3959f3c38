/**
 * The advisory files of one ecosystem, in whichever way costs least:
 *
 *   few wanted  → one JSON file each; what the bucket does not have that way comes out of the archive
 *   many, or all → `all.zip`, read entry by entry, so that memory holds one advisory and not the archive
 */
import { Terminal } from "@evertrack/engine/authoring";
import { isAdvisoryId } from "../../rules/osv-listing.ts";
import { archiveEntries, EntryDamaged } from "./archive.ts";
import type { Bucket } from "./bucket.ts";

/** Up to this many changed advisories are fetched one by one (spec/analysis.md §2). */
export const SINGLE_FILES_MAX = 250;
const SINGLE_FILES_AT_ONCE = 8;
const ARCHIVE_SIZE_MAX_BYTES = 4 * 1024 ** 3;
const ADVISORY_SIZE_MAX_BYTES = 16 * 1024 ** 2;

/** One advisory as it came, or why it could not be had. */
export type AdvisoryFile = { id: string; bytes: Buffer } | { id: string; fault: string };

/** The wanted advisories, or all of them when `wanted` is undefined. Terminal when the bucket does not know the ecosystem. */
export async function* advisoryFiles(
  bucket: Bucket,
  ecosystem: string,
  wanted: ReadonlySet<string> | undefined,
): AsyncGenerator<AdvisoryFile> {
  if (wanted?.size === 0) return;
  let rest = wanted;
  if (wanted !== undefined && wanted.size <= SINGLE_FILES_MAX) {
    rest = new Set(wanted);
    yield* singleFiles(bucket, ecosystem, rest as Set<string>);
    if (rest.size === 0) return;
  }
  yield* archiveFiles(bucket, ecosystem, rest);
}

/** Takes out of `wanted` what it yields; stops asking when the bucket turns out not to have single files. */
async function* singleFiles(bucket: Bucket, ecosystem: string, wanted: Set<string>): AsyncGenerator<AdvisoryFile> {
  const ids = [...wanted];
  for (let start = 0; start < ids.length; start += SINGLE_FILES_AT_ONCE) {
    const some = ids.slice(start, start + SINGLE_FILES_AT_ONCE);
    const contents = await Promise.all(
      some.map((id) => bucket.read([ecosystem, `${id}.json`], ADVISORY_SIZE_MAX_BYTES)),
    );
    for (const [index, id] of some.entries()) {
      const bytes = contents[index];
      if (bytes === undefined) continue;
      wanted.delete(id);
      yield { id, bytes };
    }
    if (contents.every((bytes) => bytes === undefined)) return;
  }
}

async function* archiveFiles(
  bucket: Bucket,
  ecosystem: string,
  wanted: ReadonlySet<string> | undefined,
): AsyncGenerator<AdvisoryFile> {
  const archive = await bucket.fetch([ecosystem, "all.zip"], ARCHIVE_SIZE_MAX_BYTES);
  if (archive === undefined) throw new Terminal(`the data source has no ecosystem "${ecosystem}" (no all.zip)`);
  const missing = new Set(wanted);
  try {
    for await (const file of entriesOf(archive.path, wanted)) {
      missing.delete(file.id);
      yield file;
    }
  } finally {
    await archive.release();
  }
  for (const id of missing) yield { id, fault: "is listed, but neither a file nor in the archive" };
}

async function* entriesOf(path: string, wanted: ReadonlySet<string> | undefined): AsyncGenerator<AdvisoryFile> {
  for await (const { name, read } of archiveEntries(path, ADVISORY_SIZE_MAX_BYTES)) {
    const id = idOf(name);
    if (id !== undefined && (wanted === undefined || wanted.has(id))) yield contentOf(id, read);
  }
}

function idOf(fileName: string): string | undefined {
  const id = /^(?:.*\/)?([^/]+)\.json$/.exec(fileName)?.[1];
  return id !== undefined && isAdvisoryId(id) ? id : undefined;
}

async function contentOf(id: string, read: () => Promise<Buffer>): Promise<AdvisoryFile> {
  try {
    return { id, bytes: await read() };
  } catch (error) {
    if (error instanceof EntryDamaged) return { id, fault: error.message };
    throw error;
  }
}
