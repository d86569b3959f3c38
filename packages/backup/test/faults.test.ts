/** What happens to backups whose process, disk or files go away in the middle. */
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { dropLeftovers } from "../src/database/scratch.ts";
import { listBackups, type TakeOptions, takeBackup } from "../src/index.ts";
import { components, fill, productDatabase, rowsOf } from "./product-database.ts";
import { mountSmallDisk, unmountSmallDisk } from "./small-disk.ts";

const WAIT_MAX_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

/** Whole databases are made and loaded; a busy machine may take its time. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let database: Awaited<ReturnType<typeof productDatabase>>;
let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "evertrack-faults-"));
  database = await productDatabase();
  await fill(database.url, 100, 300);
});
afterEach(() => rowsOf(database.url, "delete from bom_upload"));
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await database?.drop();
});

const take = (directory: string, more: Partial<TakeOptions> = {}) =>
  takeBackup({
    connectionString: database.url,
    components,
    log: () => undefined,
    kind: "export",
    directory,
    version: "0.1.0",
    takenBy: "a test",
    ...more,
  });

async function until(what: string, look: () => boolean): Promise<void> {
  const deadline = performance.now() + WAIT_MAX_MS;
  while (!look()) {
    if (performance.now() > deadline) throw new Error(`never came: ${what}`);
    await sleep(5);
  }
}

test("a killed export leaves nothing that looks like a backup, and what it left goes a day later", async () => {
  const directory = join(root, "killed");
  const program = join(import.meta.dirname, "take-program.ts");
  const child = spawn(process.execPath, [program, database.url, directory], { stdio: "inherit" });
  const ended = once(child, "exit");
  const partial = () => (existsSync(directory) ? readdirSync(directory) : []);
  await until("it writes tables", () => partial().some((name) => existsSync(join(directory, name, "tables"))));
  child.kill("SIGKILL");
  await ended;
  const [left = ""] = partial();
  expect(partial()).toEqual([expect.stringMatching(/^\.evertrack-.*\.partial$/)]);
  expect(await listBackups(directory)).toEqual([]);
  const longAgo = new Date(Date.now() - DAY_MS - 1_000);
  utimesSync(join(directory, left), longAgo, longAgo);
  const taken = await take(directory);
  expect(partial().map((name) => join(directory, name))).toEqual([taken.directory]);
});

test("an interrupted export cleans up after itself", async () => {
  const directory = join(root, "interrupted");
  const interruption = new AbortController();
  const taking = take(directory, { signal: interruption.signal });
  const names = () => (existsSync(directory) ? readdirSync(directory) : []);
  await until("it writes tables", () => names().some((name) => existsSync(join(directory, name, "tables"))));
  interruption.abort(new Error("enough"));
  await expect(taking).rejects.toThrow();
  expect(names()).toEqual([]);
});

test("a disk that becomes full is told, and what was written is removed", async (context) => {
  const disk = join(root, "disk");
  const refused = mountSmallDisk(disk, "40m");
  if (refused !== undefined) return context.skip(refused);
  try {
    const storage = join(root, "storage");
    mkdirSync(storage, { recursive: true });
    writeFileSync(join(storage, "large"), randomBytes(50 * 1024 * 1024));
    const attachments = { root: storage, statement: "select 'large' as path, 'any' as sha256" };
    await expect(take(disk, { attachments })).rejects.toMatchObject({ code: "no-space" });
    expect(readdirSync(disk)).toEqual([]);
  } finally {
    unmountSmallDisk(disk);
  }
});

test("a disk that is too small is told before anything is written", async (context) => {
  const disk = join(root, "tiny");
  const refused = mountSmallDisk(disk, "1m");
  if (refused !== undefined) return context.skip(refused);
  try {
    await expect(take(disk)).rejects.toMatchObject({ code: "no-space", message: expect.stringContaining("MiB") });
    expect(readdirSync(disk)).toEqual([]);
  } finally {
    unmountSmallDisk(disk);
  }
});

const IN_USE = "select file_location as path, file_sha256 as sha256 from bom_upload where ended_at is null";

test("files that vanish while they are gathered are in the backup exactly if its rows speak of them", async () => {
  const storage = join(root, "vanishing");
  mkdirSync(storage, { recursive: true });
  let uploading = true;
  // As uploads do: the file first, then the row; the end of the row, then the file goes.
  const uploader = async () => {
    while (uploading) {
      const token = crypto.randomUUID();
      const content = randomBytes(1_000);
      writeFileSync(join(storage, token), content);
      const sha256 = createHash("sha256").update(content).digest("hex");
      await rowsOf(
        database.url,
        `insert into bom_upload (token, project_id, project_uuid, file_location, file_sha256, size_bytes, uploaded_by)
         select $1::uuid, id, uuid, $1::uuid::text, $2, 1000, 'a test' from project limit 1`,
        [token, sha256],
      );
      await rowsOf(database.url, "update bom_upload set ended_at = now() where token = $1", [token]);
      rmSync(join(storage, token));
    }
  };
  const uploaders = [uploader(), uploader(), uploader()];
  const taken = await take(join(root, "gathered"), { attachments: { root: storage, statement: IN_USE } }).finally(
    () => {
      uploading = false;
    },
  );
  await Promise.all(uploaders);
  const { attachments, attachmentsLost, files } = taken.manifest;
  expect(attachmentsLost).toEqual([]);
  for (const { path, sha256 } of attachments)
    expect(files).toContainEqual({ path: `files/${path}`, bytes: 1_000, sha256 });
  const inFiles = existsSync(join(taken.directory, "files")) ? readdirSync(join(taken.directory, "files")) : [];
  expect(inFiles.sort()).toEqual(attachments.map(({ path }) => path).sort());
});

test("a file that is lost for good is named, and does not keep a backup from being taken", async () => {
  const attachments = { root: join(root, "nothing-here"), statement: "select 'lost' as path, 'x' as sha256" };
  const taken = await take(join(root, "lost"), { attachments });
  expect(taken.manifest.attachmentsLost).toEqual(["lost"]);
});

test("scratch databases of killed verifications are dropped, those in use are not", async () => {
  const [{ now } = { now: "" }] = await rowsOf<{ now: string }>(
    database.url,
    "select floor(extract(epoch from clock_timestamp()) * 1000)::text as now",
  );
  const name = (use: string) => `evertrack_verify_${now}_${use}`;
  for (const use of ["left", "used"]) await rowsOf(database.url, `create database ${name(use)} template template0`);
  const url = new URL(database.url);
  url.pathname = `/${name("used")}`;
  const user = new pg.Client({ connectionString: url.href });
  await user.connect();
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  try {
    expect(await dropLeftovers(admin), "a young one may not be connected to yet").not.toContain(name("left"));
    const dropped = await dropLeftovers(admin, 0);
    expect(dropped).toContain(name("left"));
    expect(dropped).not.toContain(name("used"));
  } finally {
    await user.end();
    await admin.query(`drop database if exists ${name("used")} with (force)`);
    await admin.end();
  }
});
