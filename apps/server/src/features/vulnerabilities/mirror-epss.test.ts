import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { startOverdueEpssMirror, startScheduledEpssMirror } from "./commands/start-epss-mirror.ts";
import { writeEpssState } from "./epss-state.ts";
import { findVulnerability } from "./index.ts";
import * as testing from "./testing.ts";
import { type StubAnswer, serveFeeds } from "./testing-nvd.ts";

const FILE = "epss_scores-current.csv.gz";
const HEAD = "#model_version:v2025.03.14,score_date:2026-01-01T12:55:00Z\ncve,epss,percentile\n";

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let bench: testing.MirrorBench;
let server: Awaited<ReturnType<typeof serveFeeds>>;
let seed: Seed;
const files = new Map<string, Buffer>();
const answers = new Map<string, () => StubAnswer | undefined>();
const directory = testing.temporaryDirectory();

beforeAll(async () => {
  opened = await testing.openTestDatabase();
  seed = new Seed(opened.database.executor);
  server = await serveFeeds(files, answers);
  bench = await testing.startMirrorBench(opened.database, {
    properties: { "dt.vuln-data-source.file-roots": directory.path },
  });
});
afterAll(async () => {
  await bench?.stop();
  server?.close();
  await opened?.drop();
  await directory.remove();
});
beforeEach(async () => {
  files.clear();
  answers.clear();
  server.requests.length = 0;
  await seed.rows(
    "truncate epss_score, extension_state, config_property, wf_run, vulnerability_alias, vulnerability cascade",
  );
  await set("epss.feeds.url", server.url);
});

const set = (name: string, value: string) =>
  seed.rows(
    `insert into config_property (group_name, property_name, property_type, property_value)
     values ('vuln-source', $1, 'STRING', $2)
     on conflict (group_name, property_name) do update set property_value = excluded.property_value`,
    [name, value],
  );
const publish = (lines: readonly string[], head = HEAD) =>
  files.set(FILE, gzipSync(head + lines.map((line) => `${line}\n`).join("")));
const start = () =>
  opened.database.transaction((tx) => startScheduledEpssMirror(tx, bench.engine.client, { gateOpen: () => true }));

async function run() {
  expect(await start()).toBe(true);
  const [latest] = await seed.rows<{ id: string }>(
    "select value->>'runId' as id from extension_state where key = 'latest-run' and extension = 'epss'",
  );
  return testing.endOf(bench.engine, latest?.id ?? "");
}

/** What became of a table that could be read. */
async function mirrored(): Promise<Record<string, unknown>> {
  const { error, output } = await run();
  expect(error).toBeNull();
  return output as Record<string, unknown>;
}

const stored = () => seed.rows("select cve, score, percentile from epss_score order by cve");
/** A version of every row that changes whenever the row is written or locked. */
const versions = () => seed.rows("select cve, xmin::text, xmax::text, ctid::text from epss_score order by cve");

describe("scores", () => {
  test("are shown for a CVE by its name, and for others by the highest of their names", async () => {
    for (const [id, source] of [
      ["CVE-2026-1001", "NVD"],
      ["GHSA-aaaa-bbbb-cccc", "GITHUB"],
      ["PYSEC-7", "OSV"],
    ] as const)
      await seed.advisory({ id, source, packageKey: "npm/x" });
    await seed.aliases("NVD CVE-2026-1001", "NVD CVE-2026-1002", "GITHUB GHSA-aaaa-bbbb-cccc");
    publish(["CVE-2026-1001,0.00043,0.1", "CVE-2026-1002,0.94382,0.99971", "CVE-2026-1003,1,1"]);
    expect(await mirrored()).toEqual({
      outcome: "read",
      new: 3,
      updated: 0,
      unchanged: 0,
      removed: 0,
      unreadable: 0,
      leftOut: [],
    });
    const shown = async (source: string, id: string) => {
      const found = await findVulnerability(opened.database.db, source, id);
      return [found?.epssScore, found?.epssPercentile];
    };
    expect(await shown("NVD", "CVE-2026-1001")).toEqual([0.00043, 0.1]);
    expect(await shown("GITHUB", "GHSA-aaaa-bbbb-cccc")).toEqual([0.94382, 0.99971]);
    expect(await shown("OSV", "PYSEC-7")).toEqual([null, null]);
  });

  test("are found by the names of their columns, in whatever order these stand", async () => {
    publish(["0.5,x,0.9,cve-2026-1001\r"], "percentile,model,epss,cve\r\n");
    expect(await mirrored()).toMatchObject({ new: 1 });
    expect(await stored()).toEqual([{ cve: "CVE-2026-1001", score: 0.9, percentile: 0.5 }]);
  });
});

describe("a table that was read before", () => {
  test("is not fetched again while its entity tag is the same", async () => {
    publish(["CVE-2026-1001,0.5,0.9"]);
    await mirrored();
    expect(await mirrored()).toMatchObject({ outcome: "unchanged" });
    expect(server.requests).toEqual([`${FILE} 200`, `${FILE} 304`]);
  });

  test("writes nothing, not even a lock, where it says the same; else only what differs", async () => {
    const lines = Array.from({ length: 25_000 }, (_, n) => `CVE-2025-${10_000 + n},${(n % 997) / 1000},0.5`);
    publish(lines);
    expect(await mirrored()).toMatchObject({ new: 25_000 });
    const before = await versions();
    publish(lines, `#another day\n${HEAD}`);
    expect(await mirrored()).toMatchObject({ outcome: "read", new: 0, updated: 0, unchanged: 25_000, removed: 0 });
    expect(await versions()).toEqual(before);
    publish(lines.with(12_345, "CVE-2025-22345,0.99,0.5"));
    expect(await mirrored()).toMatchObject({ updated: 1, unchanged: 24_999 });
    const after = await versions();
    expect(after.filter((row, n) => JSON.stringify(row) !== JSON.stringify(before[n]))).toMatchObject([
      { cve: "CVE-2025-22345" },
    ]);
  });

  test("removes the scores of CVEs it does not name any more", async () => {
    publish(["CVE-2026-1001,0.5,0.9", "CVE-2026-1002,0.5,0.9", "CVE-2026-1003,0.5,0.9"]);
    await mirrored();
    publish(["CVE-2026-1001,0.5,0.9", "CVE-2026-1003,0.5,0.9"]);
    expect(await mirrored()).toMatchObject({ removed: 1, unchanged: 2 });
    expect(await stored()).toMatchObject([{ cve: "CVE-2026-1001" }, { cve: "CVE-2026-1003" }]);
  });

  test("is compared with what was stored before: one of other CVEs takes its place", async () => {
    publish(["CVE-2026-1001,0.5,0.9", "CVE-2026-1002,0.5,0.9", "CVE-2026-1003,0.5,0.9"]);
    await mirrored();
    publish(["CVE-2026-2001,0.5,0.9", "CVE-2026-2002,0.5,0.9"]);
    expect(await mirrored()).toMatchObject({ new: 2, removed: 3 });
    expect(await stored()).toMatchObject([{ cve: "CVE-2026-2001" }, { cve: "CVE-2026-2002" }]);
  });

  test.each([
    ["has lost most of its rows", ["CVE-2026-1001,0.5,0.9"]],
    ["has no rows", []],
    ["has a line that cannot be read", ["CVE-2026-1001,0.5,0.9", "CVE-2026-1002,0.5,0.9", "CVE-2026-1003,high,0.9"]],
  ])("removes nothing when it %s", async (_, lines) => {
    publish(["CVE-2026-1001,0.5,0.9", "CVE-2026-1002,0.5,0.9", "CVE-2026-1003,0.5,0.9"]);
    await mirrored();
    publish(lines);
    expect(await mirrored()).toMatchObject({ removed: 0 });
    expect(await stored()).toHaveLength(3);
  });
});

describe("when something is wrong", () => {
  test("with lines they are left out and named, and the others are taken", async () => {
    publish([
      "CVE-2026-1001,1.5,0.9",
      "GHSA-x,0.1,0.1",
      "CVE-2026-1002,,0.1",
      "CVE-2026-1003",
      "CVE-2026-1004,0.5,0.9",
    ]);
    const report = await mirrored();
    expect(report).toMatchObject({ new: 1, unreadable: 4 });
    expect(report.leftOut).toEqual([
      '"CVE-2026-1001,1.5,0.9" has no score and percentile from 0 to 1',
      '"GHSA-x,0.1,0.1" names no CVE',
      '"CVE-2026-1002,,0.1" has no score and percentile from 0 to 1',
      '"CVE-2026-1003" has no score and percentile from 0 to 1',
    ]);
  });

  test("with the file, which is cut off, the run says so, removes nothing, and reads it again next time", async () => {
    const lines = Array.from({ length: 60_000 }, (_, n) => `CVE-2025-${10_000 + n},${(n * 7919) % 1000}e-3,0.5`);
    publish(["CVE-2024-1001,0.5,0.9"]);
    await mirrored();
    publish(lines);
    const whole = files.get(FILE) ?? Buffer.alloc(0);
    files.set(FILE, whole.subarray(0, whole.length - 1_000));
    expect((await run()).error?.message).toContain("is damaged or cut off");
    expect((await stored())[0]).toMatchObject({ cve: "CVE-2024-1001" });
    files.set(FILE, whole);
    expect(await mirrored()).toMatchObject({ removed: 1 });
    expect(await stored()).toHaveLength(60_000);
  });

  test.each([
    ["not compressed", Buffer.from("cve,epss,percentile\n"), "is damaged or cut off"],
    ["without header", gzipSync("CVE-2026-1001,0.5,0.9\n"), "has no header"],
    ["empty", gzipSync(""), "is empty"],
    ["one endless line", gzipSync("x".repeat(1_000_000)), "has a line of more than"],
  ])("with the file, which is %s, the run says so", async (_, content, message) => {
    files.set(FILE, content);
    expect((await run()).error?.message).toContain(message);
    expect(await stored()).toEqual([]);
  });

  test("with the server it is asked again after what it says", async () => {
    publish(["CVE-2026-1001,0.5,0.9"]);
    let refusals = 1;
    answers.set(FILE, () => (refusals-- > 0 ? { status: 503, headers: { "retry-after": "0" } } : undefined));
    expect(await mirrored()).toMatchObject({ new: 1 });
    expect(server.requests).toEqual([`${FILE} 503`, `${FILE} 200`]);
  });

  test("with the address the run ends at once", async () => {
    expect((await run()).error?.message).toContain(`has no ${FILE}`);
    await set("epss.feeds.url", "ftp://example.org");
    expect((await run()).error?.message).toContain("is no http, https or file URL");
    await set("epss.feeds.url", "file:///etc");
    expect((await run()).error?.message).toContain("dt.vuln-data-source.file-roots");
  });
});

test("scores are read from a directory below the file roots, and again only when the file changed", async () => {
  writeFileSync(join(directory.path, FILE), gzipSync(`${HEAD}CVE-2026-1001,0.5,0.9\n`));
  await set("epss.feeds.url", pathToFileURL(directory.path).href);
  expect(await mirrored()).toMatchObject({ outcome: "read", new: 1 });
  expect(await mirrored()).toMatchObject({ outcome: "unchanged" });
});

describe("a mirror is started", () => {
  const DAILY = { periodMs: 86_400_000, delayMs: 600_000, gateOpen: () => true };
  const atStart = () => opened.database.transaction((tx) => startOverdueEpssMirror(tx, bench.engine.client, DAILY));

  test("neither when it is switched off nor while an older instance may have to work on it", async () => {
    const { client } = bench.engine;
    const closed = { gateOpen: () => false };
    expect(await opened.database.transaction((tx) => startScheduledEpssMirror(tx, client, closed))).toBe(false);
    await set("epss.enabled", "false");
    expect(await start()).toBe(false);
  });

  test("with the cluster when scores are older than a period, once, but never for the first time", async () => {
    expect(await atStart()).toBe(false);
    await opened.database.transaction((tx) => writeEpssState(tx, { feedsUrl: server.url, etag: undefined }));
    expect(await atStart()).toBe(false);
    await seed.rows("update extension_state set updated_at = now() - interval '25 hours'");
    expect([await atStart(), await atStart()]).toEqual([true, false]);
  });
});
