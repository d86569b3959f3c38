import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executorOf } from "../../platform/db/index.ts";
import { Seed } from "../../testing/seed.ts";
import { writeExtensionConfig } from "../settings/store/extensions.ts";
import { startKevMirror } from "./commands/start-kev-mirror.ts";
import { findVulnerability } from "./index.ts";
import { listKevAssertions } from "./queries/kev-assertions.ts";
import * as testing from "./testing.ts";
import { type StubAnswer, serveFeeds } from "./testing-nvd.ts";

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
    "truncate kev_assertion, extension_state, extension_config, vulnerability_alias, vulnerability cascade",
  );
  for (const name of ["cisa", "enisa"]) await configure(name, { feedUrl: `${server.url}/${name}.json` });
});

const configure = (name: string, config: object) =>
  opened.database.transaction((tx) => writeExtensionConfig(tx, "kev-data-source", name, { enabled: true, ...config }));

async function run(name = "cisa") {
  const runId = await opened.database.transaction(async (tx) => {
    await startKevMirror(tx, bench.engine.client, name, { trigger: "manual" });
    const { rows } = await executorOf(tx).query<{ id: string }>(
      "select value->>'runId' as id from extension_state where key = 'latest-run' and extension = $1",
      [name],
    );
    return rows[0]?.id ?? "";
  });
  return testing.endOf(bench.engine, runId);
}

/** What became of a list that could be read. */
async function mirrored(name = "cisa"): Promise<Record<string, unknown>> {
  const { error, output } = await run(name);
  expect(error).toBeNull();
  return output as Record<string, unknown>;
}

const listed = (cveID: string, members: object = {}) => ({
  cveID,
  dateAdded: "2026-01-02",
  shortDescription: `About ${cveID}`,
  requiredAction: "Update it",
  knownRansomwareCampaignUse: "Unknown",
  ...members,
});
const publish = (records: unknown, name = "cisa") =>
  files.set(
    `${name}.json`,
    Buffer.from(JSON.stringify(name === "cisa" ? { title: "x", vulnerabilities: records } : records)),
  );
const stored = async () =>
  (await seed.rows<{ name: string }>("select asserter || ' ' || vuln_id as name from kev_assertion order by 1")).map(
    ({ name }) => name,
  );
/** A version of every row that changes whenever the row is written. */
const versions = () =>
  seed.rows("select vuln_id, asserter, xmin::text, xmax::text, ctid::text from kev_assertion order by 1, 2");

describe("what is listed as exploited", () => {
  test("is told of a vulnerability, by whom, and of its other names", async () => {
    await seed.advisory({ id: "CVE-2026-1001", source: "NVD", packageKey: "npm/x" });
    await seed.advisory({ id: "GHSA-aaaa-bbbb-cccc", source: "GITHUB", packageKey: "npm/x" });
    await seed.advisory({ id: "CVE-2026-1002", source: "NVD", packageKey: "npm/x" });
    await seed.aliases("NVD CVE-2026-1001", "GITHUB GHSA-aaaa-bbbb-cccc");
    publish([listed("CVE-2026-1001", { knownRansomwareCampaignUse: "Known" })]);
    publish([{ cveID: " cve-2026-1001", dateReported: "2026/05/08", exploitationType: "-" }], "enisa");
    expect(await mirrored()).toEqual({
      outcome: "read",
      new: 1,
      updated: 0,
      unchanged: 0,
      removed: 0,
      unreadable: 0,
      leftOut: [],
    });
    await mirrored("enisa");
    const { db } = opened.database;
    const isKev = async (source: string, id: string) => (await findVulnerability(db, source, id))?.isKev;
    expect(await isKev("NVD", "CVE-2026-1001")).toBe(true);
    expect(await isKev("GITHUB", "GHSA-aaaa-bbbb-cccc")).toBe(true);
    expect(await isKev("NVD", "CVE-2026-1002")).toBe(false);
    const { items, total } = await listKevAssertions(db, "github", "GHSA-aaaa-bbbb-cccc");
    expect(total).toEqual({ count: 2, type: "EXACT" });
    const always = {
      vuln_source: "NVD",
      vuln_id: "CVE-2026-1001",
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    };
    expect(items).toEqual([
      {
        ...always,
        asserter: "CISA",
        asserter_display_name: "CISA KEV",
        published_at: Date.parse("2026-01-02T00:00:00Z"),
        required_action: "Update it",
        known_ransomware: true,
        description: "About CVE-2026-1001",
      },
      {
        ...always,
        asserter: "ENISA",
        asserter_display_name: "ENISA EU KEV",
        published_at: Date.parse("2026-05-08T00:00:00Z"),
      },
    ]);
    await expect(listKevAssertions(db, "NVD", "CVE-1999-0001")).rejects.toThrow("could not be found");
  });
});

describe("a list that was read before", () => {
  test("is not fetched again while its entity tag is the same", async () => {
    publish([listed("CVE-2026-1001")]);
    await mirrored();
    expect(await mirrored()).toMatchObject({ outcome: "unchanged" });
    expect(server.requests).toEqual(["cisa.json 200", "cisa.json 304"]);
  });

  test("is fetched from a new address whatever was read from the old one", async () => {
    publish([listed("CVE-2026-1001")]);
    await mirrored();
    files.set("moved.json", files.get("cisa.json") ?? Buffer.alloc(0));
    await configure("cisa", { feedUrl: `${server.url}/moved.json` });
    expect(await mirrored()).toMatchObject({ outcome: "read", unchanged: 1 });
  });

  test("writes only what differs; rows that say the same are not touched", async () => {
    publish([listed("CVE-2026-1001"), listed("CVE-2026-1002")]);
    await mirrored();
    const before = await versions();
    publish([listed("CVE-2026-1002"), listed("CVE-2026-1001")]);
    expect(await mirrored()).toMatchObject({ outcome: "read", new: 0, updated: 0, unchanged: 2 });
    expect(await versions()).toEqual(before);
    publish([listed("CVE-2026-1001"), listed("CVE-2026-1002", { requiredAction: "Remove it" })]);
    expect(await mirrored()).toMatchObject({ updated: 1, unchanged: 1 });
    expect((await versions())[0]).toEqual(before[0]);
  });

  test("takes back what it does not name any more, and nothing another one says", async () => {
    publish([{ cveID: "CVE-2026-1002", dateReported: "2026-05-08" }], "enisa");
    await mirrored("enisa");
    publish([listed("CVE-2026-1001"), listed("CVE-2026-1002")]);
    await mirrored();
    publish([listed("CVE-2026-1001")]);
    expect(await mirrored()).toMatchObject({ removed: 1 });
    expect(await stored()).toEqual(["CISA CVE-2026-1001", "ENISA CVE-2026-1002"]);
  });

  test.each([
    ["empty", []],
    ["suddenly short", [listed("CVE-2026-1001")]],
    ["not to be understood", [1001, 1002, 1003].map((n) => listed(`CVE-2026-${n}`)).concat(listed("no CVE"))],
  ])("takes nothing back when it is %s", async (_, records) => {
    publish([1001, 1002, 1003, 1004].map((n) => listed(`CVE-2026-${n}`)));
    await mirrored();
    publish(records);
    expect(await mirrored()).toMatchObject({ removed: 0 });
    expect(await stored()).toHaveLength(4);
  });
});

describe("when something is wrong", () => {
  test("with a record it is left out and named, the others are taken, and what was known of it stays", async () => {
    publish([listed("CVE-2026-1001"), listed("CVE-2026-1002")]);
    await mirrored();
    publish([listed("CVE-2026-1001", { dateAdded: "soon" }), listed("CVE-2026-1002"), listed("CVE-2026-1003")]);
    const report = await mirrored();
    expect(report).toMatchObject({ new: 1, unchanged: 1, removed: 0, unreadable: 1 });
    expect(report.leftOut).toEqual([expect.stringMatching(/^CVE-2026-1001: dateAdded /)]);
    expect(await stored()).toHaveLength(3);
  });

  test.each([
    ["cut off", '{"vulnerabilities": [{"cveID": "CVE-2026-10', "is not JSON, or cut off"],
    ["something else", '{"message": "not here"}', "is no list in the format of CISA"],
  ])("with the file, which is %s, the run says so and nothing is changed", async (_, content, message) => {
    publish([listed("CVE-2026-1001")]);
    await mirrored();
    files.set("cisa.json", Buffer.from(content));
    expect((await run()).error?.message).toContain(message);
    expect(await stored()).toEqual(["CISA CVE-2026-1001"]);
  });

  test("with the server it is asked again after what it says", async () => {
    publish([listed("CVE-2026-1001")]);
    let refusals = 2;
    answers.set("cisa.json", () => (refusals-- > 0 ? { status: 429, headers: { "retry-after": "0" } } : undefined));
    expect(await mirrored()).toMatchObject({ new: 1 });
    expect(server.requests).toEqual(["cisa.json 429", "cisa.json 429", "cisa.json 200"]);
  });

  test("with the configuration the run ends at once: switched off, or no such file", async () => {
    expect((await run()).error?.message).toContain("cisa.json does not exist");
    await configure("cisa", { enabled: false });
    expect((await run()).error?.message).toContain('the KEV data source "cisa" is not enabled');
  });
});

test("a list is read from a directory below the file roots, and again only when it changed", async () => {
  const file = join(directory.path, "kev.json");
  writeFileSync(file, JSON.stringify({ vulnerabilities: [listed("CVE-2026-1001")] }));
  await configure("cisa", { feedUrl: pathToFileURL(file).href });
  expect(await mirrored()).toMatchObject({ outcome: "read", new: 1 });
  expect(await mirrored()).toMatchObject({ outcome: "unchanged" });
  await configure("cisa", { feedUrl: "file:///etc/hostname" });
  expect((await run()).error?.message).toContain("dt.vuln-data-source.file-roots");
});
