import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach } from "vitest";
import { type EmbeddedPostgres, ensurePostgres, stopPostgres } from "../src/index.ts";

const directories: string[] = [];

afterEach(async () => {
  // Last made first: one may lie in another.
  for (const directory of directories.splice(0).reverse()) await removeDirectory(directory);
});

/** A data directory with an initialised, running server for several tests; give it to `removeDirectory` after the last. */
export async function sharedDirectory(): Promise<string> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "embedded-"));
  await ensureSmall(directory);
  return directory;
}

/** Stops the server of a directory, if one runs, and removes it. */
export async function removeDirectory(directory: string): Promise<void> {
  await stopPostgres({ dataDirectory: directory, mode: "immediate" });
  fs.rmSync(directory, { recursive: true, force: true });
}

/** A data directory; its server is stopped and it is removed after the test. */
export function scratchDirectory(below = os.tmpdir()): string {
  const directory = fs.mkdtempSync(path.join(below, "embedded-"));
  directories.push(directory);
  return directory;
}

/** A small server for tests: what it writes need not survive the machine. */
export function ensureSmall(dataDirectory: string, options: { port?: number } = {}): Promise<EmbeddedPostgres> {
  return ensurePostgres({
    dataDirectory,
    ...options,
    settings: { fsync: "off", shared_buffers: "16MB", max_connections: "20" },
  });
}

/** What a process of its own says about the server it got. */
export function ensureInChild(dataDirectory: string): Promise<{ how: string; pid: number; port: number }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "ensure-program.ts"), dataDirectory]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("close", (code) => (code === 0 ? resolve(JSON.parse(output)) : reject(new Error(output))));
  });
}
