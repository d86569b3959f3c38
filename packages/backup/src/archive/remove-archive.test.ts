import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BackupManifest } from "../manifest.ts";
import { removeOlder } from "./remove-archive.ts";

let parent = "";
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "evertrack-keep-"));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

/** Directories with something in them, the first the newest. */
async function backups(...ids: string[]) {
  for (const id of ids) {
    await mkdir(join(parent, id));
    await writeFile(join(parent, id, "manifest.json"), "{}");
  }
  return ids.map((id) => ({ directory: join(parent, id), manifest: { id } as BackupManifest }));
}

test("the oldest good ones beyond the number go; those not known to be good stay and do not count", async () => {
  const all = await backups("new", "unknown-1", "good-1", "failed", "good-2", "good-3", "unknown-2");
  const verified = new Set(["new", "good-1", "good-2", "good-3", "elsewhere"]);
  const removed = await removeOlder({ backups: all, verified, newest: "new", keep: 2 });
  expect(removed).toEqual([join(parent, "good-2"), join(parent, "good-3")]);
  expect((await readdir(parent)).toSorted()).toEqual(["failed", "good-1", "new", "unknown-1", "unknown-2"]);
});

test("the one just found good stays, also where another says that it is newer, and also where none were to be kept", async () => {
  const all = await backups("of-tomorrow", "new", "old");
  const verified = new Set(["of-tomorrow", "new", "old"]);
  await removeOlder({ backups: all, verified, newest: "new", keep: 1 });
  await removeOlder({ backups: all.slice(1, 2), verified, newest: "new", keep: 0 });
  expect(await readdir(parent)).toEqual(["new"]);
});

test("one that cannot be removed is named", async () => {
  const [gone] = await backups("gone");
  await rm(join(parent, "gone"), { recursive: true });
  const removal = removeOlder({ backups: gone ? [gone] : [], verified: new Set(["gone"]), newest: "new", keep: 1 });
  await expect(removal).rejects.toThrow(/the new backup is good, but the older one .*gone cannot be removed: ENOENT/);
});
