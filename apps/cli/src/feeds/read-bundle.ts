/** Reading a bundle: its manifest, and its members one after the other, each checked against the manifest while it is unpacked. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { CliError, codeOf, messageOf, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import {
  type BundleFile,
  type BundleManifest,
  bundleManifest,
  FILES_MAX,
  MANIFEST,
  MANIFEST_SIZE_MAX_BYTES,
} from "./manifest.ts";
import { FEED_SOURCE_NAMES } from "./sources.ts";

const MEMBERS_MAX = 1 + FILES_MAX * FEED_SOURCE_NAMES.length;

/** A bundle whose list of members is that of its manifest. */
export class Bundle {
  readonly manifest: BundleManifest;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(manifest: BundleManifest, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.manifest = manifest;
    this.#zip = zip;
    this.#entries = entries;
  }

  /** Throws CliError (refused) that names what is wrong: no bundle, cut off, a member too many or missing. */
  static async open(path: string): Promise<Bundle> {
    const zip = await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true }).catch(
      (error: unknown) => {
        if (codeOf(error) === "ENOENT") throw usageError(`There is no file ${path}.`);
        throw damaged(path, messageOf(error));
      },
    );
    try {
      const entries = await entriesOf(zip, path);
      const manifest = await manifestOf(zip, entries, path);
      checkMembers(manifest, entries, path);
      return new Bundle(manifest, zip, entries);
    } catch (error) {
      zip.close();
      throw error instanceof CliError ? error : damaged(path, messageOf(error));
    }
  }

  close(): void {
    this.#zip.close();
  }

  /** Unpacks a member below `directory`; throws CliError (refused) when it is not what the manifest says. */
  async unpack(source: string, file: BundleFile, directory: string, signal: AbortSignal): Promise<string> {
    const name = `${source}/${file.path}`;
    const entry = this.#entries.get(name);
    const target = join(directory, name);
    if (entry?.uncompressedSize !== file.size) throw refused(`"${name}" is not as long as the manifest says`);
    await mkdir(dirname(target), { recursive: true });
    const hash = createHash("sha256");
    let size = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        hash.update(chunk);
        done(size > file.size ? refused(`"${name}" is longer than the manifest says`) : null, chunk);
      },
    });
    try {
      await pipeline(await this.#zip.openReadStreamPromise(entry), counted, createWriteStream(target), { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof CliError || codeOf(error) !== undefined
        ? error
        : refused(`"${name}" is damaged: ${messageOf(error)}`);
    }
    if (size !== file.size || hash.digest("hex") !== file.sha256)
      throw refused(`"${name}" is not what the manifest says`);
    return target;
  }
}

async function entriesOf(zip: ZipFile, path: string): Promise<Map<string, Entry>> {
  if (zip.entryCount > MEMBERS_MAX) throw damaged(path, `it has more than ${MEMBERS_MAX} members`);
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    if (entries.has(entry.fileName)) throw refused(`"${entry.fileName}" is in it twice`);
    entries.set(entry.fileName, entry);
  }
  return entries;
}

async function manifestOf(zip: ZipFile, entries: ReadonlyMap<string, Entry>, path: string): Promise<BundleManifest> {
  const entry = entries.get(MANIFEST);
  if (entry === undefined) throw damaged(path, `it has no ${MANIFEST}`);
  if (entry.uncompressedSize > MANIFEST_SIZE_MAX_BYTES) throw refused(`its ${MANIFEST} is too large`);
  const text = (await buffer(await zip.openReadStreamPromise(entry))).toString("utf8");
  const parsed = bundleManifest.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused(`its ${MANIFEST} cannot be read: ${issue?.path.join(".")} ${issue?.message}`);
}

function checkMembers(manifest: BundleManifest, entries: ReadonlyMap<string, Entry>, path: string): void {
  const stated = new Set([MANIFEST]);
  for (const { name, files } of manifest.sources)
    for (const file of files) {
      const member = `${name}/${file.path}`;
      if (stated.has(member)) throw refused(`its ${MANIFEST} names "${member}" twice`);
      stated.add(member);
      if (!entries.has(member)) throw damaged(path, `"${member}" is missing`);
    }
  for (const name of entries.keys()) if (!stated.has(name)) throw refused(`"${name}" is not in its ${MANIFEST}`);
}

function refused(reason: string): CliError {
  return new CliError(EXIT.refused, `The bundle is refused: ${reason}.`);
}

function damaged(path: string, reason: string): CliError {
  return new CliError(EXIT.refused, `${path} is no bundle of feeds, or cut off: ${reason.replace(/\.$/, "")}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
