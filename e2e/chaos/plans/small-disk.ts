import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const SIZE = "64m";
const BLOCK = Buffer.alloc(64 * 1024);

/** Where uploads wait below a data directory. */
function storageOf(dataDirectory: string): string {
  return join(dataDirectory, "storage");
}

/** Gives the files of uploads a small file system of their own; why not, where the system does not permit it. */
export function mountSmallDisk(dataDirectory: string): string | undefined {
  mkdirSync(storageOf(dataDirectory), { recursive: true });
  if (process.platform !== "linux") return "only Linux has tmpfs";
  const parameters = ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", storageOf(dataDirectory)];
  const mounted = spawnSync("mount", parameters, { encoding: "utf8" });
  return mounted.status === 0 ? undefined : `mount is not permitted here (${(mounted.stderr ?? "").trim()})`;
}

export function unmountSmallDisk(dataDirectory: string): void {
  spawnSync("umount", [storageOf(dataDirectory)]);
}

/** Writes until nothing more fits, for a while. */
export async function fillDisk(dataDirectory: string, holdMs: number): Promise<void> {
  const filler = join(storageOf(dataDirectory), "filler");
  const file = openSync(filler, "w");
  const end = performance.now() + holdMs;
  try {
    while (performance.now() < end) {
      // What servers delete meanwhile is taken too.
      fillUp(file);
      await delay(20);
    }
  } finally {
    closeSync(file);
    rmSync(filler, { force: true });
  }
}

function fillUp(file: number): void {
  try {
    for (;;) if (writeSync(file, BLOCK) < BLOCK.length) return;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}
