/**
 * Makes node_modules match package-lock.json, and touches nothing when it already does.
 *
 * A stamp inside node_modules holds the hash of the lock file it was installed from; it vanishes with the folder. Without
 * a matching stamp the versions npm wrote down at its last run are compared with the lock file, so an `npm install` made
 * by hand is not undone. Only a real difference runs npm, under install-lock.mjs: a second caller waits.
 *
 * npm runs as `npm install --no-save`: locked versions, lock file untouched, and only packages that differ are replaced.
 * `npm ci` would empty node_modules under a server that runs from this checkout, and it refuses a lock file made against
 * a registry that lacks the optional packages of other platforms. What it would check besides is checked afterwards.
 * Programs running from this checkout are named, because their files may be replaced.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { withInstallLock } from "./install-lock.mjs";
import { programsRunningFrom } from "./running-programs.mjs";

const STAMP = "node_modules/.evertrack-installed";
/** Set to `never` to take node_modules as it is (for people who link packages by hand, or work without a network). */
const SWITCH = "EVERTRACK_INSTALL";

const DISAGREE =
  "the installed packages are not those of package-lock.json: a package.json asks for something else. " +
  "Run `npm install` by hand and look at what it changes in package-lock.json.";

/** Installs the locked packages when they are missing or another version; `npm` may be replaced in tests. */
export async function ensureInstalled(root, { npm = runNpm, say = console.error } = {}) {
  if (process.env[SWITCH] === "never") return;
  if (await isStamped(root)) return;
  await withInstallLock(join(root, ".cache", "bootstrap"), say, async () => {
    if (await isStamped(root)) return;
    if (!(await isInstalled(root))) {
      await warnRunningPrograms(root, say);
      say("Installing the packages of package-lock.json (once; about a minute) …");
      await npm(root);
      if (!(await isInstalled(root))) throw new Error(DISAGREE);
    }
    await writeFile(join(root, STAMP), await lockHash(root));
  });
}

async function isStamped(root) {
  return (await textOf(join(root, STAMP))) === (await lockHash(root));
}

/** The lock file and everything else that decides which files npm puts down. */
async function lockHash(root) {
  const lock = await readFile(join(root, "package-lock.json"));
  return createHash("sha256").update(lock).update(`${process.platform}-${process.arch}`).digest("hex");
}

/** Every locked package is there in its locked version; optional ones (other platforms) may be missing. */
async function isInstalled(root) {
  const installed = packagesOf(await textOf(join(root, "node_modules", ".package-lock.json")));
  const locked = packagesOf(await readFile(join(root, "package-lock.json"), "utf8"));
  if (installed === undefined || locked === undefined) return false;
  return Object.entries(locked).every(([path, wanted]) => {
    if (!path.includes("node_modules/")) return true;
    const found = installed[path];
    return found === undefined ? wanted.optional === true : found.version === wanted.version;
  });
}

function packagesOf(text) {
  return text === undefined ? undefined : JSON.parse(text).packages;
}

async function warnRunningPrograms(root, say) {
  const running = await programsRunningFrom(root);
  if (running.length === 0) return;
  say("warning: package-lock.json changed while programs run from this checkout; restart them when this is done:");
  for (const { pid, command } of running) say(`  ${pid} ${command}`);
}

function runNpm(root) {
  // The npm of the system, not one under node_modules: that folder is emptied while npm works.
  const PATH = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter);
  // Install scripts stay off: nothing needs them, and they are how a hijacked package would run code here.
  const args = [
    "install",
    "--no-save",
    "--include=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const child = spawn("npm", args, { cwd: root, stdio: ["ignore", 2, 2], env: { ...process.env, PATH } });
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(new Error(`npm cannot be started: ${cause.message}`, { cause })));
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`npm install failed (exit status ${code})`)),
    );
  });
}

async function textOf(path) {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
