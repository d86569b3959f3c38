import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileLost, FileStore } from "./store.ts";

const LEVEL = 3;
const DAY_MS = 24 * 3_600_000;
let root = "";
let store: FileStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "files-"));
  store = new FileStore(root, LEVEL);
  await store.open();
});
afterEach(() => rm(root, { recursive: true, force: true }));

const put = (path: string, content: string | Buffer) => store.put(path, Readable.from([Buffer.from(content)]));

async function age(path: string, ageMs: number) {
  const then = new Date(Date.now() - ageMs);
  await utimes(join(root, path), then, then);
}

describe("a stored file", () => {
  test("is compressed, and comes back as it was", async () => {
    const stored = await put("bom-upload/a", "x".repeat(100_000));
    expect(stored).toMatchObject({ location: "local:///bom-upload/a", sizeBytes: 100_000 });
    expect((await readFile(join(root, "bom-upload/a"))).length).toBeLessThan(1_000);
    expect((await store.read(stored)).toString()).toBe("x".repeat(100_000));
  });
  test("may be empty", async () => expect((await store.read(await put("e", ""))).length).toBe(0));
  test("is replaced whole by one of the same path", async () => {
    const first = await put("a", "first");
    const second = await put("a", "second");
    expect((await store.read(second)).toString()).toBe("second");
    await expect(store.read(first)).rejects.toThrow(FileLost);
  });

  test("does not exist at all when its stream fails, and the one before it stays", async () => {
    const before = await put("a", "before");
    const failing = Readable.from(
      (async function* () {
        yield Buffer.alloc(100_000, 1);
        throw new Error("connection cut");
      })(),
    );
    await expect(store.put("a", failing)).rejects.toThrow("connection cut");
    expect(await readdir(root)).toEqual(["a"]);
    expect((await store.read(before)).toString()).toBe("before");
  });

  test("that was damaged or is gone is told as lost", async () => {
    const stored = await put("a", "content");
    const bytes = await readFile(join(root, "a"));
    bytes.writeUInt8(bytes.readUInt8(5) ^ 1, 5);
    await writeFile(join(root, "a"), bytes);
    await expect(store.read(stored)).rejects.toThrow(/does not match its checksum/);
    await store.delete(stored.location);
    await expect(store.read(stored)).rejects.toThrow(FileLost);
    await store.delete(stored.location);
  });
});

test.each(["../outside", "a/../../outside", "/etc/passwd", ""])("the path %s is refused", async (path) => {
  await expect(put(path, "x")).rejects.toThrow(/leaves the file store/);
  await expect(store.read({ location: `local:///${path}`, sha256: "" })).rejects.toThrow(/leaves the file store/);
});

test("a file of another storage provider is told as lost", async () => {
  await expect(store.read({ location: "s3:///a", sha256: "" })).rejects.toThrow(/not configured here/);
});

test("lists what is older, below one folder, and removes forgotten partial files", async () => {
  for (const path of ["up/old", "up/deep/old", "up/new", "other/old"]) await put(path, "x");
  await writeFile(join(root, "up/a.partial"), "x");
  await writeFile(join(root, "up/b.partial"), "x");
  for (const path of ["up/old", "up/deep/old", "other/old"]) await age(path, DAY_MS);
  await age("up/a.partial", 2 * DAY_MS);
  const old = await store.listOlderThan("up", new Date(Date.now() - DAY_MS / 2));
  expect(old.sort()).toEqual(["local:///up/deep/old", "local:///up/old"]);
  expect((await readdir(join(root, "up"))).sort()).toEqual(["b.partial", "deep", "new", "old"]);
  expect(await store.listOlderThan("nothing", new Date())).toEqual([]);
});

test("opening fails where no directory can be", async () => {
  await writeFile(join(root, "file"), "");
  await expect(new FileStore(join(root, "file", "below"), LEVEL).open()).rejects.toThrow(/ENOTDIR|EEXIST/);
});
