import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/** Mounts a file system of its own size at `directory`; why not, if that is not permitted here. */
export function mountSmallDisk(directory: string, size: string): string | undefined {
  mkdirSync(directory, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory], { encoding: "utf8" });
  return mounted.status === 0 ? undefined : `mount is not permitted here (${(mounted.stderr ?? "").trim()})`;
}

export function unmountSmallDisk(directory: string): void {
  spawnSync("umount", [directory]);
}
