import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { REPOSITORY } from "./releases.ts";

const INSTALL_TIMEOUT_MS = 300_000;

interface LockedPackage {
  version?: string;
  link?: boolean;
  resolved?: string;
  optional?: boolean;
}

/**
 * Gives a build its packages: links to those of the repository when each one the build has locked is installed in that version,
 * otherwise an installation of its own. Links between workspaces lead into the build in both cases.
 */
export function providePackages(build: string): void {
  const locked = packagesOf(join(build, "package-lock.json"));
  if (installedHere(locked)) linkPackages(build, locked);
  else install(build);
}

function linkPackages(build: string, locked: Record<string, LockedPackage>): void {
  for (const [path, { link, resolved }] of Object.entries(locked)) {
    if (link && resolved !== undefined) linkInside(join(build, path), join(build, resolved));
    else if (isOutermost(path)) linkOutside(join(build, path), join(REPOSITORY, path));
  }
  linkOutside(join(build, "node_modules/.bin"), join(REPOSITORY, "node_modules/.bin"));
}

/** Text that changes whenever other packages are installed in the repository. */
export function installedPackages(): string {
  return readFileSync(join(REPOSITORY, "node_modules/.package-lock.json"), "utf8");
}

/** Optional packages may be missing: they are those of other systems. */
function installedHere(locked: Record<string, LockedPackage>): boolean {
  const installed = packagesOf(join(REPOSITORY, "node_modules/.package-lock.json"));
  return Object.entries(locked).every(([path, { link, version, optional }]) => {
    if (link || !path.includes("node_modules/")) return true;
    const found = installed[path];
    return found === undefined ? optional === true : found.version === version;
  });
}

function packagesOf(lockFile: string): Record<string, LockedPackage> {
  return (JSON.parse(readFileSync(lockFile, "utf8")) as { packages: Record<string, LockedPackage> }).packages;
}

/** Not a workspace, and not below another package, which brings it along. */
function isOutermost(path: string): boolean {
  return path.split("node_modules/").length === 2;
}

function linkOutside(path: string, target: string): void {
  // Optional packages of other systems are not there.
  if (!existsSync(target)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** Relative, so that the link stays right when the build is renamed. */
function linkInside(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(relative(dirname(path), target), path);
}

function install(build: string): void {
  const args = ["ci", "--ignore-scripts", "--include=dev", "--prefer-offline", "--no-audit", "--no-fund"];
  const done = spawnSync("npm", args, { cwd: build, encoding: "utf8", timeout: INSTALL_TIMEOUT_MS });
  if (done.status !== 0) throw new Error(`npm ci of the build failed: ${(done.stderr ?? "").slice(-2_000)}`);
}
