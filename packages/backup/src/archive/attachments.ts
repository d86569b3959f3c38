/**
 * Files the rows speak of – uploads that wait to be imported – vanish as soon as their work is done. So they are gathered for a
 * snapshot that may still be thrown away: if one of them has gone before it could be copied, a new snapshot no longer speaks of
 * it. One that two snapshots in a row miss is lost, whoever looks for it.
 */
import { createReadStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { Client } from "pg";
import { BackupError } from "../backup-error.ts";
import type { FileRecord } from "../manifest.ts";
import { measureFile, synchronise, writeFileOf } from "./files.ts";

/** Where attachments lie in a backup. */
export const ATTACHMENTS = "files";

/** Which files the rows speak of, and where they are. */
export interface AttachmentSource {
  /** Directory their paths begin at. */
  readonly root: string;
  /** A SELECT with one row for each: `path`, `sha256`. */
  readonly statement: string;
}

interface Wanted {
  path: string;
  sha256: string;
}

/** Copies attachments into a backup that is being written. */
export class Gathering {
  readonly #source: AttachmentSource;
  readonly #directory: string;
  readonly #copied = new Map<string, FileRecord>();
  #wanted: readonly Wanted[] = [];
  #missing = new Set<string>();
  #lost: readonly string[] = [];

  constructor(source: AttachmentSource, directory: string) {
    this.#source = source;
    this.#directory = directory;
  }

  /** Copies what this snapshot speaks of; false when the next one should be tried. */
  async gather(client: Client): Promise<boolean> {
    this.#wanted = (await client.query<Wanted>(this.#source.statement)).rows;
    const missing = new Set<string>();
    for (const wanted of this.#wanted) if (!(await this.#copy(wanted))) missing.add(wanted.path);
    const vanished = [...missing].filter((path) => !this.#missing.has(path));
    this.#missing = missing;
    this.#lost = [...missing];
    return vanished.length === 0;
  }

  /** What the accepted snapshot speaks of; copies of anything else are removed. */
  async finish(): Promise<{ files: FileRecord[]; attachments: Wanted[]; lost: string[] }> {
    const attachments = this.#wanted.filter(({ path }) => this.#copied.has(path));
    const kept = new Set(attachments.map(({ path }) => path));
    for (const path of this.#copied.keys())
      if (!kept.has(path)) await rm(join(this.#directory, ATTACHMENTS, path), { force: true });
    const files = [...kept].flatMap((path) => this.#copied.get(path) ?? []);
    return { files, attachments, lost: [...this.#lost] };
  }

  async #copy({ path }: Wanted): Promise<boolean> {
    if (this.#copied.has(path)) return true;
    const source = createReadStream(inside(this.#source.root, path));
    const target = `${ATTACHMENTS}/${path}`;
    try {
      this.#copied.set(
        path,
        await writeFileOf(this.#directory, target, source, { compress: false, signal: undefined }),
      );
      return true;
    } catch (error) {
      await rm(join(this.#directory, target), { force: true });
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    }
  }
}

/** Puts the attachments of a backup where they belong; one that is there already stays. Returns how many were put. */
export async function placeAttachments(
  backup: string,
  attachments: readonly { path: string; sha256: string }[],
  root: string,
): Promise<number> {
  let placed = 0;
  for (const { path, sha256 } of attachments) {
    const target = inside(root, path);
    const there = await measureFile(root, path).catch(() => undefined);
    if (there?.sha256 === sha256) continue;
    const partial = `${path}.${crypto.randomUUID()}.partial`;
    await mkdir(dirname(target), { recursive: true });
    await writeFileOf(root, partial, createReadStream(join(backup, ATTACHMENTS, path)), {
      compress: false,
      signal: undefined,
    });
    await rename(join(root, partial), target);
    await synchronise(dirname(target));
    placed++;
  }
  return placed;
}

function inside(root: string, path: string): string {
  const full = resolve(root, path);
  if (!full.startsWith(resolve(root) + sep)) throw new BackupError("damaged", `the path ${path} leaves ${root}`);
  return full;
}
