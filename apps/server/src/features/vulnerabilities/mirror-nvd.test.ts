import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { executorOf } from "../../platform/db/index.ts";
import type { NvdFeedReport } from "./activities/mirror-nvd-feed.ts";
import { findVulnerability } from "./index.ts";
import * as testing from "./testing.ts";
import { before, configuration, cve, feedFiles, feedText, type StubAnswer, serveFeeds } from "./testing-nvd.ts";

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let bench: testing.MirrorBench;
let server: Awaited<ReturnType<typeof serveFeeds>>;
const files = new Map<string, Buffer>();
const answers = new Map<string, () => StubAnswer | undefined>();
const directory = testing.temporaryDirectory();

beforeEach(async () => {
  files.clear();
  answers.clear();
  opened = await testing.openTestDatabase();
  server = await serveFeeds(files, answers);
  bench = await testing.startMirrorBench(opened.database, {
    properties: { "dt.vuln-data-source.file-roots": directory.path },
  });
  await bench.configure({ cveFeedsUrl: server.url }, "nvd");
});
afterEach(async () => {
  await bench.stop();
  server.close();
  await opened.drop();
});
afterAll(() => directory.remove());

function publish(feed: string, records: readonly unknown[], options = {}): void {
  for (const [path, content] of feedFiles(feed, feedText(records), options)) files.set(path, content);
}

const run = () => bench.mirror(undefined, "nvd");

/** What became of the feeds that are there. */
async function mirrored(): Promise<Record<string, NvdFeedReport>> {
  server.requests.length = 0;
  const { error, output } = await run();
  expect(error).toBeNull();
  const feeds = Object.entries(output as Record<string, NvdFeedReport>);
  return Object.fromEntries(feeds.filter(([, { outcome }]) => outcome !== "absent"));
}

const report = (counts: Partial<NvdFeedReport> = {}): NvdFeedReport => ({
  outcome: "read",
  new: 0,
  updated: 0,
  unchanged: 0,
  withdrawn: 0,
  unreadable: 0,
  leftOut: [],
  ...counts,
});
const find = (id: string) => findVulnerability(opened.database.db, "NVD", id);
async function rows<R extends object>(text: string): Promise<R[]> {
  return (await executorOf(opened.database.db).query<R>(text)).rows;
}
const stored = async () =>
  (await rows<{ id: string }>("select vuln_id as id from vulnerability where rejected is null order by 1")).map(
    ({ id }) => id,
  );
const asked = () => server.requests.filter((request) => !request.endsWith("404"));

const CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

describe("a mirror of NVD", () => {
  it("stores CVEs with ratings and the CPE names they affect, and tells packages and products", async () => {
    const metrics = {
      cvssMetricV31: [
        { source: "cna@example.org", cvssData: { vectorString: CRITICAL.replace("C:H", "C:N"), baseScore: 9.1 } },
        { source: "nvd@nist.gov", cvssData: { vectorString: CRITICAL, baseScore: 9.8, baseSeverity: "CRITICAL" } },
      ],
    };
    const weaknesses = [{ description: [{ value: "CWE-79" }, { value: "NVD-CWE-Other" }] }];
    publish("2026", [cve("CVE-2026-0001", { metrics, weaknesses, references: [{ url: "https://example.org/1" }] })]);
    expect(await mirrored()).toEqual({ "2026": report({ new: 1 }) });
    expect(await find("CVE-2026-0001")).toMatchObject({
      severity: 5,
      cvssV3Score: 9.8,
      cvssV3Vector: CRITICAL,
      cwes: [79],
      references: ["https://example.org/1"],
      description: "Something about CVE-2026-0001",
    });
    expect(
      await rows("select product_key, vendor, version, cpe, end_excluding from vulnerability_affected_cpe"),
    ).toEqual([
      {
        product_key: "sample",
        vendor: "acme",
        version: null,
        cpe: "cpe:2.3:a:acme:sample:*:*:*:*:*:*:*:*",
        end_excluding: "2.0",
      },
    ]);
    const [event, ...others] = await rows<{ payload: unknown }>("select payload from outbox_event");
    expect([event?.payload, others]).toEqual([
      { vulnerabilityIds: [expect.any(Number)], packageKeys: [], cpeProducts: ["sample"] },
      [],
    ]);
  });

  it("asks for digests first, fetches changed feeds only, and stores changed records only", async () => {
    publish("2026", [cve("CVE-2026-0001"), cve("CVE-2026-0002")]);
    publish("2025", [cve("CVE-2025-0001")]);
    await mirrored();
    const unchanged = report({ outcome: "unchanged" });
    expect(await mirrored()).toEqual({ "2026": unchanged, "2025": unchanged });
    expect(asked()).toEqual(["2026.meta 200", "2025.meta 200"]);
    const moved = { lastModified: "2026-02-01T00:00:00.000", configurations: [configuration([before("3", "moved")])] };
    publish("2026", [cve("CVE-2026-0001", moved), cve("CVE-2026-0002"), cve("CVE-2026-0003")]);
    expect(await mirrored()).toEqual({ "2026": report({ new: 1, updated: 1, unchanged: 1 }), "2025": unchanged });
    const [event] = await rows<{ products: string[] }>(
      "select payload->'cpeProducts' as products from outbox_event order by id desc limit 1",
    );
    expect(event?.products, "the product affected before is told too").toEqual(["moved", "sample"]);
  });

  it("asks by entity tag where there are no digests", async () => {
    publish("modified", [cve("CVE-2026-0001")], { meta: false });
    await mirrored();
    expect(await mirrored()).toEqual({ modified: report({ outcome: "unchanged" }) });
    expect(asked()).toEqual(["modified.json.gz 304"]);
  });

  it("never goes back to an older state, in whatever order feeds tell it", async () => {
    publish("modified", [cve("CVE-2026-0001", { lastModified: "2026-03-01T00:00:00.000", references: [] })]);
    await mirrored();
    publish("2026", [cve("CVE-2026-0001", { descriptions: [{ lang: "en", value: "old" }] })]);
    expect((await mirrored())["2026"]).toEqual(report({ unchanged: 1 }));
    expect((await find("CVE-2026-0001"))?.description).toBe("Something about CVE-2026-0001");
  });

  it("keeps what NVD rejects as rejected, and takes it back", async () => {
    publish("2026", [cve("CVE-2026-0001"), cve("CVE-2026-0002", { vulnStatus: "Rejected", configurations: [] })]);
    expect(await mirrored()).toEqual({ "2026": report({ new: 1, withdrawn: 1 }) });
    expect(await stored()).toEqual(["CVE-2026-0001"]);
    publish("2026", [cve("CVE-2026-0002", { lastModified: "2026-02-01T00:00:00.000" })]);
    await mirrored();
    expect(await stored()).toEqual(["CVE-2026-0001", "CVE-2026-0002"]);
  });

  it("asks for AND and negation: only the vulnerable application of an AND with systems is stored", async () => {
    const system = { vulnerable: true, criteria: "cpe:2.3:o:acme:os:*:*:*:*:*:*:*:*" };
    const negated = { nodes: [{ operator: "OR", negate: true, cpeMatch: [before("1", "negated")] }] };
    publish("2026", [
      cve("CVE-2026-0001", { configurations: [configuration([before("2"), system], "AND"), negated] }),
      cve("CVE-2026-0002", { configurations: [configuration([{ ...before("2", "beside"), vulnerable: false }])] }),
    ]);
    await mirrored();
    expect(await rows("select product_key from vulnerability_affected_cpe")).toEqual([{ product_key: "sample" }]);
  });

  it("reads a directory", async () => {
    for (const [path, content] of feedFiles("modified", feedText([cve("CVE-2026-0001")]), { meta: false })) {
      mkdirSync(join(directory.path, "feeds", dirname(path)), { recursive: true });
      writeFileSync(join(directory.path, "feeds", path), content);
    }
    await bench.configure({ cveFeedsUrl: pathToFileURL(join(directory.path, "feeds")).href }, "nvd");
    expect(await mirrored()).toEqual({ modified: report({ new: 1 }) });
    expect(await mirrored()).toEqual({ modified: report({ outcome: "unchanged" }) });
  });

  it("ends a run of a source that is switched off, or has no feed", async () => {
    expect((await run()).error?.message).toContain("has no feed");
    await bench.configure({ enabled: false }, "nvd");
    expect((await run()).error?.message).toContain("not enabled");
  });
});

describe("faults of a feed", () => {
  it("a malformed record is named, and the rest is taken", async () => {
    const nul = cve("CVE-2026-0003", { descriptions: [{ lang: "en", value: "nul \0 and half \ud800" }] });
    const text = feedText([cve("CVE-2026-0001"), cve("CVE-2026-0002"), nul, { cve: { id: "no" } }]);
    const broken = text.replace('"CVE-2026-0002"', '"CVE-2026-0002", oops');
    for (const [path, content] of feedFiles("2026", broken)) files.set(path, content);
    const reports = await mirrored();
    expect(reports["2026"]).toMatchObject({ new: 2, unreadable: 2 });
    expect(reports["2026"]?.leftOut).toEqual([
      expect.stringMatching(/^CVE-2026-0002: .*not JSON/),
      expect.stringMatching(/^record 4: .*CVE id/),
    ]);
    expect(await stored()).toEqual(["CVE-2026-0001", "CVE-2026-0003"]);
  });

  it("of a feed that is cut off what came is taken, the run fails and says so, and it is read again", async () => {
    const many = Array.from({ length: 500 }, (_, index) => cve(`CVE-2026-${1000 + index}`, { n: Math.random() }));
    publish("2026", many);
    publish("2025", [cve("CVE-2025-0001")]);
    const path = "json/cve/2.0/nvdcve-2.0-2026.json.gz";
    const whole = files.get(path) ?? Buffer.alloc(0);
    files.set(path, whole.subarray(0, whole.length / 2));
    const { status, error } = await run();
    expect([status, error?.message]).toEqual(["FAILED", expect.stringMatching(/feed 2026 ends in the middle/)]);
    const taken = await stored();
    expect(taken).toContain("CVE-2025-0001");
    expect(taken.length).toBeGreaterThan(1);
    expect(taken.length).toBeLessThan(501);
    files.set(path, whole);
    expect((await mirrored())["2026"]).toMatchObject({ new: 501 - taken.length, unchanged: taken.length - 1 });
  });

  it("a file that is no feed fails it and harms nothing", async () => {
    files.set("json/cve/2.0/nvdcve-2.0-2026.json.gz", Buffer.from("<html>"));
    files.set("json/cve/2.0/nvdcve-2.0-2025.json.gz", gzipSync("<html>"));
    const { error } = await run();
    expect(error?.message).toMatch(/2026 is damaged.*2025 ends in the middle/);
    expect(await stored()).toEqual([]);
  });

  it("a server that is asked too often, or fails, is asked again after the time it names", async () => {
    publish("2026", [cve("CVE-2026-0001")]);
    const refusals: StubAnswer[] = [429, 503].map((status) => ({ status, headers: { "retry-after": "1" } }));
    answers.set("json/cve/2.0/nvdcve-2.0-2026.json.gz", () => refusals.shift());
    expect(await mirrored()).toEqual({ "2026": report({ new: 1 }) });
    expect(asked().filter((request) => !request.startsWith("2026.meta"))).toEqual([
      "2026.json.gz 429",
      "2026.json.gz 503",
      "2026.json.gz 200",
    ]);
  });

  it("a feed that changes between its digest and its content is read again", async () => {
    publish("2026", [cve("CVE-2026-0001")]);
    const late = files.get("json/cve/2.0/nvdcve-2.0-2026.meta");
    const early: StubAnswer[] = [{ status: 200, body: Buffer.from(`sha256:${"0".repeat(64)}`) }];
    answers.set("json/cve/2.0/nvdcve-2.0-2026.meta", () => early.shift() ?? { status: 200, body: late });
    expect(await mirrored()).toEqual({ "2026": report({ new: 1 }) });
    expect(await rows("select 1 from outbox_event"), "told once").toHaveLength(1);
  }, 30_000);
});

describe("one CVE, two mirrors", () => {
  const osvRecord = {
    ...testing.advisory("CVE-2026-0001", { summary: "as OSV has it" }),
    modified: "2026-06-01T00:00:00Z",
  };
  const mirrorOsv = async () => {
    const { error, output } = await bench.mirror();
    expect(error).toBeNull();
    return (output as Record<string, unknown>).PyPI;
  };

  it("NVD owns what a CVE says, OSV adds packages; without NVD's mirror OSV says it all", async () => {
    const bucket = await testing.serveBucket(new Map(testing.bucketFiles("PyPI", [osvRecord])));
    try {
      await bench.configure({ dataUrl: bucket.url, ecosystems: ["PyPI"] });
      publish("2026", [cve("CVE-2026-0001")]);
      await mirrored();
      await mirrorOsv();
      expect(await find("CVE-2026-0001")).toMatchObject({ title: null, description: "Something about CVE-2026-0001" });
      expect(await rows("select package_key from vulnerability_affected")).toEqual([{ package_key: "pypi/sample" }]);
      publish("2026", [cve("CVE-2026-0001", { lastModified: "2026-02-01T00:00:00.000", weaknesses: [] })]);
      await mirrored();
      const [event] = await rows<{ payload: unknown }>("select payload from outbox_event order by id desc limit 1");
      expect(event?.payload).toMatchObject({ packageKeys: ["pypi/sample"], cpeProducts: ["sample"] });
    } finally {
      bucket.close();
    }
    const later = { ...osvRecord, modified: "2026-07-01T00:00:00Z" };
    const other = await testing.serveBucket(new Map(testing.bucketFiles("PyPI", [later])));
    try {
      await bench.configure({ enabled: false }, "nvd");
      await bench.configure({ dataUrl: other.url, ecosystems: ["PyPI"] });
      await mirrorOsv();
      expect(await find("CVE-2026-0001")).toMatchObject({ title: "as OSV has it" });
      expect(await rows("select 1 from vulnerability_affected_cpe"), "kept").toHaveLength(1);
    } finally {
      other.close();
    }
  });
});
