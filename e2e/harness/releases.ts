import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository the tests run from. */
export const REPOSITORY = join(import.meta.dirname, "../..");

/** A release as e2e/upgrade/releases.json lists it, oldest first. */
interface Release {
  readonly version: string;
  readonly commit: string;
}

/** What is checked out, with changes that are not committed. */
export const WORK_TREE = "work-tree";

/** Releases whose commits are known. */
export const RELEASES: readonly Release[] = readReleases();

/**
 * The commit of a release, or of anything Git can name. The version of the server's package that is not released yet is HEAD.
 * Throws, with what to do, when this clone does not have it.
 */
export function commitOf(release: string): string {
  const listed = RELEASES.find(({ version }) => version === release)?.commit;
  const name = listed ?? (release === workTreeVersion() ? "HEAD" : release);
  const found = git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
  if (found.status === 0) return found.stdout.trim();
  throw new Error(`this clone has no commit ${name} of release ${release}; fetch the whole history`);
}

/** Why tests against a release are skipped, as a part of their name; `undefined` when its commit is there. */
export function releaseMissing(release: string): string | undefined {
  try {
    commitOf(release);
    return undefined;
  } catch (error) {
    return `skipped: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Version of the server's package in the work tree. */
export function workTreeVersion(): string {
  return versionIn(REPOSITORY);
}

/** The minor release after a version: of 0.1.0 it is 0.2.0. */
export function nextVersion(version: string): string {
  const [major, minor] = version.split(".").map(Number);
  return `${major}.${(minor ?? 0) + 1}.0`;
}

/** Version of the server's package below a directory. */
export function versionIn(directory: string): string {
  const text = readFileSync(join(directory, "apps/server/package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Runs Git in the repository. */
export function git(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("git", args, { cwd: REPOSITORY, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

function readReleases(): Release[] {
  return JSON.parse(readFileSync(join(REPOSITORY, "e2e/upgrade/releases.json"), "utf8")) as Release[];
}
