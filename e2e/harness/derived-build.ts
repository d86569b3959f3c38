/**
 * Builds of other versions, from Git's history or from the work tree, with changes of a test:
 *
 *   files of a commit (git archive) or of the work tree → changes → packages linked → renamed to the hash of what is in it
 *
 * A build is kept below the system's temporary directory and found again by the next test; the work tree is only read.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { installedPackages, providePackages } from "./build-packages.ts";
import { raiseVersion, renewManifest } from "./build-release.ts";
import { commitOf, git, REPOSITORY, versionIn, WORK_TREE } from "./releases.ts";

const CACHE = join(tmpdir(), "evertrack-builds");
/** A build nobody asked for in this time is removed. */
const UNUSED_MAX_MS = 2 * 24 * 60 * 60 * 1000;
const ARCHIVE_MAX_BYTES = 512 * 1024 * 1024;
const HASH_CHARS = 16;

const MIGRATIONS = { app: "apps/server/migrations", engine: "packages/engine/migrations" } as const;

/** A runnable copy of the product. */
export interface Build {
  readonly directory: string;
  readonly version: string;
  /** The server program, as an argument of Node. */
  readonly serverProgram: string;
  /** The command line, as an argument of Node. */
  readonly cliProgram: string;
}

/** A migration file a test adds. */
export interface AddedMigration {
  /** Whose schema; the product's when left out. */
  readonly component?: keyof typeof MIGRATIONS;
  /** File name, e.g. 202611300000__add_probe.sql. */
  readonly name: string;
  readonly sql: string;
}

/** How a build differs from what it was made of. */
export interface Derivation {
  /** Newer than what it was made of, which becomes a release before it. */
  readonly version?: string;
  readonly addMigrations?: readonly AddedMigration[];
  /** Changes files below the given directory, a copy; packages are not linked yet. Comes last. */
  readonly patch?: (directory: string) => void | Promise<void>;
}

/** A build of a release, a commit or `"work-tree"`; throws when this clone lacks the commit (see `releaseMissing`). */
export async function buildOf(release: string, derivation: Derivation = {}): Promise<Build> {
  mkdirSync(CACHE, { recursive: true });
  sweep();
  const draft = mkdtempSync(join(CACHE, "draft-"));
  try {
    if (release === WORK_TREE) copyWorkTree(draft);
    else unpack(commitOf(release), draft);
    await derive(draft, derivation);
    return built(keep(draft, Object.keys(derivation).length > 0));
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The work tree itself, for processes that need no copy. */
export function workTreeBuild(): Build {
  return built(REPOSITORY);
}

function built(directory: string): Build {
  return {
    directory,
    version: versionIn(directory),
    serverProgram: join(directory, "apps/server/src/main.ts"),
    cliProgram: join(directory, "apps/cli/src/main.ts"),
  };
}

function unpack(commit: string, directory: string): void {
  const archive = execFileSync("git", ["archive", "--format=tar", commit], {
    cwd: REPOSITORY,
    maxBuffer: ARCHIVE_MAX_BYTES,
  });
  execFileSync("tar", ["-x", "-C", directory], { input: archive });
}

/** Tracked files and new ones, as they are now; without what Git ignores. */
function copyWorkTree(directory: string): void {
  const listed = git(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`);
  for (const path of new Set(listed.stdout.split("\0"))) {
    const source = join(REPOSITORY, path);
    // Deleted, but not in a commit yet.
    if (path === "" || !existsSync(source)) continue;
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    cpSync(source, join(directory, path), { recursive: true });
  }
}

async function derive(directory: string, { version, addMigrations = [], patch }: Derivation): Promise<void> {
  if (version !== undefined && version !== versionIn(directory)) raiseVersion(directory, version);
  for (const { component = "app", name, sql } of addMigrations)
    writeFileSync(join(directory, MIGRATIONS[component], name), sql, { flag: "wx" });
  await patch?.(directory);
}

/** The directory of a finished build: the draft, or the same one made before. The manifest follows from the rest. */
function keep(draft: string, derived: boolean): string {
  const directory = join(CACHE, `build-${hashOf(draft)}`);
  if (!existsSync(directory)) {
    providePackages(draft);
    if (derived) renewManifest(draft);
    // Another process may have been faster; its build is the same.
    moveTo(draft, directory);
  }
  const now = new Date();
  utimesSync(directory, now, now);
  return directory;
}

function moveTo(draft: string, directory: string): void {
  try {
    renameSync(draft, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
  }
}

/** Of all files, and of the packages they would be linked to. */
function hashOf(directory: string): string {
  const hash = createHash("sha256").update(REPOSITORY).update(installedPackages());
  const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of paths) {
    const bytes = readFileSync(path);
    hash.update(`\0${path.slice(directory.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex").slice(0, HASH_CHARS);
}

function sweep(): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    const usedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (usedMs !== undefined && Date.now() - usedMs > UNUSED_MAX_MS) rmSync(path, { recursive: true, force: true });
  }
}
