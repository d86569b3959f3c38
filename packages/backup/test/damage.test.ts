/** What a verification says of backups that are not what was written, or that this build or server cannot restore. */
import { cpSync, rmSync, truncateSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { readBackup, takeBackup, verifyBackup } from "../src/index.ts";
import { components, fill, productDatabase, rowsOf } from "./product-database.ts";
import { flipByte, reseal, rewriteRows } from "./sealed.ts";

/** Whole databases are made and loaded; a busy machine may take its time. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let database: Awaited<ReturnType<typeof productDatabase>>;
let directory = "";
let whole = "";
let copy = "";
const said: string[] = [];
const log = (message: string) => void said.push(message);
const context = () => ({ connectionString: database.url, components, log });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "evertrack-backup-"));
  database = await productDatabase();
  await fill(database.url, 5, 20);
  const taken = await takeBackup({ ...context(), kind: "export", directory, version: "0.1.0", takenBy: "a test" });
  whole = taken.directory;
});
beforeEach(() => {
  copy = join(directory, `copy-${crypto.randomUUID()}`);
  cpSync(whole, copy, { recursive: true });
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await database?.drop();
});

const TABLE = "tables/component.copy.zst";

test.each([
  ["flipped", () => flipByte(join(copy, TABLE)), `${TABLE} does not match its checksum`],
  ["truncated", () => truncateSync(join(copy, TABLE), 100), `${TABLE} has 100 of`],
  ["missing", () => rmSync(join(copy, TABLE)), `${TABLE} is missing`],
])("a file that is %s is named, and nothing is restored", async (_, damage, words) => {
  damage();
  const verdict = await verifyBackup(copy, { ...context(), connectionString: "postgres://nobody@127.0.0.1:1/none" });
  expect(verdict).toMatchObject({ passed: false, problems: [expect.stringContaining(words)] });
});

test("a changed manifest is told before anything of it is believed", async () => {
  flipByte(join(copy, "manifest.json"));
  await expect(verifyBackup(copy, context())).rejects.toMatchObject({
    code: "damaged",
    message: expect.stringContaining("manifest.json"),
  });
});

test("a row too few, a changed value and a lost table are found by comparing, even where all checksums fit", async () => {
  rewriteRows(copy, "component", (lines) => lines.slice(1));
  rewriteRows(copy, "tag", (lines) => lines.map((line) => line.replace("tag 3", "tag X")));
  reseal(copy, (manifest) => {
    manifest.tables.push({ name: "gone", columns: ["id"], rows: 0, digest: "0" });
  });
  // The table that was never there cannot be loaded; without it the comparison speaks.
  expect((await verifyBackup(copy, context())).problems).toEqual([expect.stringMatching(/cannot be restored.*gone/)]);
  reseal(copy, (manifest) => manifest.tables.pop());
  expect((await verifyBackup(copy, context())).problems).toEqual([
    "table component has 99 rows instead of 100",
    "table tag has other content in 5 rows",
  ]);
});

const NEWER = { component: "app", id: "209901010000__later", checksum: "0".repeat(64), phase: "expand" as const };
type Change = Parameters<typeof reseal>[1];
const newerSchema: Change = ({ history }) => void history.push(NEWER);
const otherMigration: Change = ({ history }) => {
  for (const entry of history.slice(0, 1)) entry.checksum = NEWER.checksum;
};
const newerServer: Change = ({ server }) => {
  server.major = 99;
};
const newerFormat: Change = (manifest) => Object.assign(manifest, { format: 2 });

test.each([
  ["a newer schema", newerSchema, /too old.*209901010000__later/],
  ["another migration by a known name", otherMigration, /other migrations by the names/],
  ["a newer PostgreSQL", newerServer, /is of PostgreSQL 99/],
  ["a newer format", newerFormat, /has format 2/],
])("a backup of %s is refused, with the reason", async (_, change, message) => {
  reseal(copy, change);
  await expect(verifyBackup(copy, context())).rejects.toMatchObject({
    code: "refused",
    message: expect.stringMatching(message),
  });
});

test("what is no backup is told so", async () => {
  await expect(readBackup(join(directory, "nothing"))).rejects.toMatchObject({ code: "refused" });
  rmSync(join(copy, "SHA256SUMS"));
  await expect(readBackup(copy)).rejects.toMatchObject({ code: "damaged" });
});

test("whatever was found, no scratch database stays", async () => {
  const made = said.flatMap((line) => /scratch database (\S+)/.exec(line)?.[1] ?? []);
  expect(made.length).toBeGreaterThan(1);
  expect(await rowsOf(database.url, "select datname from pg_database where datname = any($1)", [made])).toEqual([]);
});
