/**
 * The binaries run from their own directory of hard links (or copies), never from `node_modules`: `npm ci` would take
 * the libraries away under a running server, and a checkout below /root is out of reach for the server's account.
 * Library symlinks are made anew from the package's list because npm may skip install scripts.
 */
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { type Account, canReach } from "./account.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import type { Layout } from "./layout.ts";

/** Used when the server's account cannot reach the data directory; regenerable, hence a cache. */
const SYSTEM_CACHE_DIRECTORY = "/var/cache/evertrack";

/** Absolute paths of the two programs. */
export type Binaries = { postgres: string; initdb: string };

type Link = { source: string; target: string };

/** Makes the binaries available where `account` can run them; does nothing when they are there already. */
export function runnableBinaries(layout: Layout, account: Account): Binaries {
  const shipped = shippedBinaries();
  const home = canReach(account, layout.root) ? layout.binaries : cacheDirectory();
  const target = path.join(home, shipped.version);
  if (!fs.existsSync(target)) install(shipped.directory, target);
  const binaries = {
    postgres: path.join(target, "native/bin/postgres"),
    initdb: path.join(target, "native/bin/initdb"),
  };
  if (!canReach(account, binaries.postgres)) {
    throw new EmbeddedPostgresError(
      `user id ${account.uid} cannot run ${binaries.postgres}: make its parent directories traversable (chmod o+x) or choose another data directory`,
    );
  }
  return binaries;
}

function shippedBinaries(): { directory: string; version: string } {
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`;
  try {
    const directory = path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), "..");
    const { version } = JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8")) as {
      version: string;
    };
    return { directory, version };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `no PostgreSQL binaries for this platform (${name} is not installed): run npm install without --omit=optional, or use your own PostgreSQL by URL`,
      { cause },
    );
  }
}

function cacheDirectory(): string {
  try {
    fs.mkdirSync(SYSTEM_CACHE_DIRECTORY, { recursive: true, mode: 0o755 });
    return SYSTEM_CACHE_DIRECTORY;
  } catch {
    return privateTemporaryDirectory();
  }
}

/** A directory others could have prepared for us in the world-writable /tmp is refused. */
function privateTemporaryDirectory(): string {
  const directory = path.join(os.tmpdir(), `evertrack-postgres-${process.getuid?.() ?? 0}`);
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 });
  const { uid, mode } = fs.lstatSync(directory);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new EmbeddedPostgresError(`${directory} is writable for others or not ours; remove it and try again`);
  }
  return directory;
}

function install(packageDirectory: string, target: string): void {
  const draft = `${target}.draft-${crypto.randomUUID()}`;
  fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 });
  mirror(path.join(packageDirectory, "native"), path.join(draft, "native"));
  restoreLinks(packageDirectory, draft);
  try {
    fs.renameSync(draft, target);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    if (!fs.existsSync(target)) throw error;
  }
}

function mirror(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  fs.chmodSync(to, 0o755);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, copy] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) mirror(source, copy);
    else if (entry.isFile()) linkOrCopy(source, copy);
  }
}

/** A hard link shares the mode, so a file others may not read has to be copied. */
function linkOrCopy(source: string, copy: string): void {
  const { mode } = fs.statSync(source);
  const readable = (mode & 0o004) !== 0 && ((mode & 0o100) === 0 || (mode & 0o001) !== 0);
  try {
    if (readable) {
      fs.linkSync(source, copy);
      return;
    }
  } catch {
    // Another file system, or one without hard links.
  }
  fs.copyFileSync(source, copy, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(copy, mode & 0o100 ? 0o755 : 0o644);
}

function restoreLinks(packageDirectory: string, draft: string): void {
  const list = path.join(packageDirectory, "native/pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  for (const { source, target } of JSON.parse(fs.readFileSync(list, "utf8")) as Link[]) {
    const link = path.join(draft, target);
    if (fs.existsSync(link)) continue;
    fs.symlinkSync(path.relative(path.dirname(link), path.join(draft, source)), link);
  }
}
