import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** A checkout with one locked package, an npm that installs it slowly and notes that it ran, and a program that says how it was started. */
const lockWith = (version: string) =>
  JSON.stringify({
    packages: { "": {}, "node_modules/a": { version }, "node_modules/b": { version, optional: true } },
  });
const installedWith = (version: string) => JSON.stringify({ packages: { "node_modules/a": { version } } });
const npmScript = `#!/bin/sh
echo "$@" >> npm.log
sleep 0.3
mkdir -p node_modules
cp package-lock.json node_modules/.package-lock.json
[ -e npm.fails ] && echo '{"packages":{}}' > node_modules/.package-lock.json
exit 0
`;
const program = `
process.on("SIGTERM", () => process.exit(3));
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), path: process.env.PATH }));
if (process.argv.includes("--wait")) setInterval(() => {}, 1000);
if (process.argv.includes("--die")) process.kill(process.pid, "SIGKILL");
else if (!process.argv.includes("--wait")) process.exitCode = 7;
`;

let root = "";
const children: ChildProcess[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "evertrack-bootstrap-"));
  cpSync(import.meta.dirname, join(root, "tools/bootstrap"), { recursive: true });
  mkdirSync(join(root, "apps/cli/src"), { recursive: true });
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "package-lock.json"), lockWith("1.0.0"));
  writeFileSync(join(root, "apps/cli/src/main.ts"), program);
  writeFileSync(join(root, "bin/npm"), npmScript, { mode: 0o755 });
});

afterEach(() => {
  for (const { pid } of children.splice(0)) endGroup(pid);
  rmSync(root, { recursive: true, force: true });
});

/** The program a bootstrap started lives in its group, and outlives it when it is killed. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}

function start(args: string[], cwd = root): { child: ChildProcess; output(): string; ended: Promise<unknown[]> } {
  const { INIT_CWD, npm_package_json, EVERTRACK_INSTALL, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, "tools/bootstrap/run.mjs"), ...args], {
    cwd,
    env: { ...env, PATH: `${join(root, "bin")}${delimiter}${process.env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.push(child);
  let text = "";
  child.stdout?.on("data", (chunk) => (text += chunk));
  child.stderr?.on("data", (chunk) => (text += chunk));
  return { child, output: () => text, ended: once(child, "close") };
}

function npmRuns(): number {
  const log = join(root, "npm.log");
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0;
}

function markInstalled(version: string): void {
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "node_modules/.package-lock.json"), installedWith(version));
}

test("two starts in a fresh checkout install once: the second waits and says so", async () => {
  const [first, second] = [start(["evertrack"]), start(["evertrack"])];
  await Promise.all([first.ended, second.ended]);
  expect(npmRuns()).toBe(1);
  expect(`${first.output()}${second.output()}`).toContain("waiting for it");
  expect([first.child.exitCode, second.child.exitCode]).toEqual([7, 7]);
});

test("a second start touches nothing", async () => {
  await start(["evertrack"]).ended;
  const second = start(["evertrack"]);
  await second.ended;
  expect(npmRuns()).toBe(1);
  expect(second.child.exitCode).toBe(7);
});

test("packages that were installed by hand in the locked versions are taken as they are", async () => {
  markInstalled("1.0.0");
  await start(["evertrack"]).ended;
  expect(npmRuns()).toBe(0);
});

test("another locked version is installed, and programs that run from the checkout are named", async () => {
  markInstalled("1.0.0");
  const server = start(["evertrack", "--wait"]);
  await expect.poll(server.output, { timeout: 60_000 }).toContain("args");
  writeFileSync(join(root, "package-lock.json"), lockWith("1.0.1"));
  const next = start(["evertrack"]);
  await next.ended;
  expect(npmRuns()).toBe(1);
  expect(next.output()).toMatch(/restart them[\s\S]*apps\/cli\/src\/main\.ts/);
});

test("an installation that does not match the lock file is refused", async () => {
  writeFileSync(join(root, "npm.fails"), "");
  const run = start(["evertrack"]);
  await run.ended;
  expect(run.child.exitCode).toBe(1);
  expect(run.output()).toContain("not those of package-lock.json");
});

test.each([
  ["a dead process", () => "999999999 1"],
  ["a process whose number was given to another one", () => `${process.pid} 1`],
])("the install lock of %s is taken over", async (_, owner) => {
  mkdirSync(join(root, ".cache/bootstrap"), { recursive: true });
  writeFileSync(join(root, ".cache/bootstrap/install.lock"), owner());
  const run = start(["evertrack"]);
  await run.ended;
  expect(run.output()).toContain("taking over");
  expect(npmRuns()).toBe(1);
});

test("start means up; arguments, the caller's folder and a Node that runs sources are passed on", async () => {
  markInstalled("1.0.0");
  const folder = join(root, "apps");
  const run = start(["start", "--port", "81 23"], folder);
  await run.ended;
  const told = JSON.parse(run.output()) as { args: string[]; cwd: string; path: string };
  expect(told.args).toEqual(["up", "--port", "81 23"]);
  expect(told.cwd).toBe(folder);
  expect(told.path.split(delimiter)).toContain(join(root, "node_modules/.bin"));
});

test("signals go down, and the program decides how it ends", async () => {
  markInstalled("1.0.0");
  const run = start(["evertrack", "--wait"]);
  await expect.poll(run.output, { timeout: 60_000 }).toContain("args");
  run.child.kill("SIGTERM");
  await run.ended;
  expect(run.child.exitCode).toBe(3);
});

test("a program that dies of a signal is seen to die of it", async () => {
  markInstalled("1.0.0");
  const run = start(["evertrack", "--die"]);
  await run.ended;
  expect(run.child.signalCode).toBe("SIGKILL");
});

test("an unknown word is wrong use", async () => {
  const run = start(["constructor"]);
  await run.ended;
  expect(run.child.exitCode).toBe(2);
});
