import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { executorOf } from "../../platform/db/index.ts";
import { advisoriesForPackageKeys, findVulnerability } from "./index.ts";
import * as testing from "./testing.ts";

const { advisory, affecting, bucketFiles } = testing;

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let bench: testing.MirrorBench;
let bucket: Awaited<ReturnType<typeof testing.serveBucket>>;
const files = new Map<string, Buffer | string | (() => number)>();
const directory = testing.temporaryDirectory();

beforeEach(async () => {
  files.clear();
  opened = await testing.openTestDatabase();
  bucket = await testing.serveBucket(files);
  bench = await testing.startMirrorBench(opened.database, {
    properties: { "dt.vuln-data-source.file-roots": join(directory.path, "allowed") },
  });
  await bench.configure({ dataUrl: bucket.url, ecosystems: ["PyPI"] });
});
afterEach(async () => {
  await bench.stop();
  bucket.close();
  await opened.drop();
});
afterAll(() => directory.remove());

/** What the bucket holds of PyPI from now on. */
function publish(advisories: Record<string, unknown>[], options = {}, ecosystem = "PyPI"): void {
  for (const path of files.keys()) if (path.startsWith(`${ecosystem}/`)) files.delete(path);
  for (const [path, content] of bucketFiles(ecosystem, advisories, options)) files.set(path, content);
}

async function mirrored(ecosystem = "PyPI") {
  const run = await bench.mirror();
  expect(run.error).toBeNull();
  return (run.output as Record<string, unknown>)[ecosystem];
}

async function rows<R extends object>(text: string): Promise<R[]> {
  return (await executorOf(opened.database.db).query<R>(text)).rows;
}

const report = (counts = {}) => ({ new: 0, updated: 0, unchanged: 0, withdrawn: 0, unreadable: 0, ...counts });
const find = (id: string, source = "OSV") => findVulnerability(opened.database.db, source, id);
const stored = () => rows<{ vuln_id: string }>("select vuln_id from vulnerability where rejected is null order by 1");

describe("a mirror of OSV", () => {
  it("stores advisories with what they affect, and tells once per batch", async () => {
    publish([
      advisory("PYSEC-1", { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }] }),
      advisory("GHSA-aaaa-bbbb-cccc", { database_specific: { severity: "MODERATE", cwe_ids: ["CWE-79"] } }),
    ]);
    expect(await mirrored()).toEqual(report({ new: 2 }));
    expect(await find("PYSEC-1")).toMatchObject({ severity: 5, cvssV3Score: 9.8, title: "Something about PYSEC-1" });
    expect(await find("GHSA-aaaa-bbbb-cccc", "GITHUB")).toMatchObject({ severity: 3, cwes: [79] });
    const affecting = await advisoriesForPackageKeys(opened.database.db, ["pypi/sample"]);
    expect(affecting.map(({ vulnId, affected }) => [vulnId, affected.ranges])).toEqual(
      [
        ["PYSEC-1", [{ kind: "ECOSYSTEM", introduced: "1.0", fixed: "2.0" }]],
        ["GHSA-aaaa-bbbb-cccc", [{ kind: "ECOSYSTEM", introduced: "1.0", fixed: "2.0" }]],
      ].sort(),
    );
    const [event, ...others] = await rows<{ payload: { vulnerabilityIds: number[]; packageKeys: string[] } }>(
      "select payload from outbox_event where type = 'ADVISORIES_CHANGED'",
    );
    expect(others).toEqual([]);
    expect(event?.payload.vulnerabilityIds).toHaveLength(2);
    expect(event?.payload.packageKeys).toEqual(["pypi/sample"]);
  });

  it("reads nothing again that has not changed, and only what has changed", async () => {
    publish([advisory("PYSEC-1"), advisory("PYSEC-2")]);
    await mirrored();
    bucket.requests.length = 0;
    expect(await mirrored()).toEqual(report({ unchanged: 2 }));
    expect(bucket.requests).toEqual(["PyPI/modified_id.csv"]);
    const moved = { modified: "2025-06-01T00:00:00Z", affected: [affecting("PyPI", "moved", "0", "3.0")] };
    publish([advisory("PYSEC-1", moved), advisory("PYSEC-2"), advisory("PYSEC-3", { affected: moved.affected })]);
    bucket.requests.length = 0;
    expect(await mirrored()).toEqual(report({ new: 1, updated: 1, unchanged: 1 }));
    expect(bucket.requests.sort()).toEqual(["PyPI/PYSEC-1.json", "PyPI/PYSEC-3.json", "PyPI/modified_id.csv"]);
    const [event] = await rows<{ keys: string[] }>(
      "select payload->'packageKeys' as keys from outbox_event order by id desc limit 1",
    );
    expect(event?.keys, "the package affected before is told too").toEqual(["pypi/moved", "pypi/sample"]);
  });

  it("takes a time in the future for what it is and follows the record back from it", async () => {
    publish([advisory("PYSEC-1", { modified: "2999-01-01T00:00:00Z" })]);
    await mirrored();
    publish([advisory("PYSEC-1", { modified: "2026-02-01T00:00:00Z", summary: "corrected" }), advisory("PYSEC-2")]);
    expect(await mirrored()).toEqual(report({ new: 1, updated: 1 }));
    expect(await find("PYSEC-1")).toMatchObject({ title: "corrected" });
  });

  it("compares contents where the time says nothing", async () => {
    const undated = { modified: "0001-01-01T00:00:00Z" };
    publish([advisory("GO-1", undated), advisory("GO-2", undated)], { single: false });
    expect(await mirrored()).toEqual(report({ new: 2 }));
    expect(await mirrored()).toEqual(report({ unchanged: 2 }));
    publish([advisory("GO-1", undated), advisory("GO-2", { ...undated, summary: "changed" })], { single: false });
    expect(await mirrored()).toEqual(report({ updated: 1, unchanged: 1 }));
  });

  it("works from the archive alone where there is no list or it is not to be used", async () => {
    publish([advisory("PYSEC-1"), advisory("PYSEC-2")], { single: false, listed: false });
    expect(await mirrored()).toEqual(report({ new: 2 }));
    publish([advisory("PYSEC-1"), advisory("PYSEC-2", { modified: "2026-03-01T00:00:00Z", summary: "x" })]);
    await bench.configure({ dataUrl: bucket.url, ecosystems: ["PyPI"], incrementalMirroringEnabled: false });
    bucket.requests.length = 0;
    expect(await mirrored()).toEqual(report({ updated: 1, unchanged: 1 }));
    expect(bucket.requests).toEqual(["PyPI/all.zip"]);
  });

  it("counts and leaves out what cannot be read, and stores the rest", async () => {
    publish([advisory("PYSEC-1"), advisory("PYSEC-2"), advisory("PYSEC-3"), advisory("PYSEC-4")]);
    files.set("PyPI/PYSEC-2.json", "{ not JSON");
    files.set("PyPI/PYSEC-3.json", JSON.stringify(advisory("PYSEC-9")));
    files.set("PyPI/PYSEC-4.json", JSON.stringify(advisory("PYSEC-4", { summary: "nul \0 and half \ud800" })));
    expect(await mirrored()).toEqual(report({ new: 2, unreadable: 2 }));
    expect(await stored()).toEqual([{ vuln_id: "PYSEC-1" }, { vuln_id: "PYSEC-4" }]);
    expect(bench.log.lines.filter(({ message }) => message === "advisory left out")).toHaveLength(2);
  });

  it("rejects what is withdrawn or listed by no ecosystem any more, and takes it back", async () => {
    await bench.configure({ dataUrl: bucket.url, ecosystems: ["PyPI", "npm"] });
    const both = advisory("GHSA-aaaa-bbbb-cccc", { affected: [affecting("npm", "sample", "0", "1.0.0")] });
    publish([advisory("PYSEC-1"), advisory("PYSEC-2"), both]);
    const other = advisory("GHSA-dddd-eeee-ffff");
    publish([both, other], {}, "npm");
    await mirrored();
    publish([advisory("PYSEC-1", { modified: "2026-02-01T00:00:00Z", withdrawn: "2026-02-01T00:00:00Z" })]);
    expect(await mirrored()).toEqual(report({ withdrawn: 2 }));
    expect(await stored()).toEqual([{ vuln_id: "GHSA-aaaa-bbbb-cccc" }, { vuln_id: "GHSA-dddd-eeee-ffff" }]);
    publish([other], {}, "npm");
    expect(await mirrored("npm"), "listed nowhere").toEqual(report({ unchanged: 1, withdrawn: 1 }));
    expect(await stored()).toEqual([{ vuln_id: "GHSA-dddd-eeee-ffff" }]);
    publish([both, advisory("PYSEC-2"), advisory("PYSEC-1", { modified: "2026-03-01T00:00:00Z" })]);
    expect(await mirrored()).toEqual(report({ updated: 3 }));
    expect(await stored()).toHaveLength(4);
  });

  it("withdraws nothing when a feed is empty or most of many advisories are suddenly gone", async () => {
    await bench.configure({ dataUrl: bucket.url, ecosystems: ["PyPI", "npm"] });
    publish([advisory("GHSA-dddd-eeee-ffff")], {}, "npm");
    const many = Array.from({ length: 120 }, (_, index) => advisory(`PYSEC-${index}`));
    publish(many);
    await mirrored();
    publish(many.slice(0, 10));
    publish([], {}, "npm");
    expect(await mirrored()).toEqual(report({ unchanged: 10 }));
    expect(await stored()).toHaveLength(121);
  });

  it("joins aliases into groups and takes groups apart again", async () => {
    const groups = () =>
      rows<{ ids: string }>(
        "select string_agg(vuln_id, ' ' order by vuln_id) ids from vulnerability_alias group by group_id order by 1",
      );
    publish([advisory("PYSEC-1", { aliases: ["CVE-2026-0001"] }), advisory("PYSEC-2", { aliases: ["CVE-2026-0002"] })]);
    await mirrored();
    expect(await groups()).toEqual([{ ids: "CVE-2026-0001 PYSEC-1" }, { ids: "CVE-2026-0002 PYSEC-2" }]);
    const bridge = advisory("GHSA-aaaa-bbbb-cccc", { aliases: ["CVE-2026-0001", "CVE-2026-0002"] });
    const first = [
      advisory("PYSEC-1", { aliases: ["CVE-2026-0001"] }),
      advisory("PYSEC-2", { aliases: ["CVE-2026-0002"] }),
    ];
    publish([...first, bridge]);
    await mirrored();
    expect(await groups()).toEqual([{ ids: "CVE-2026-0001 CVE-2026-0002 GHSA-aaaa-bbbb-cccc PYSEC-1 PYSEC-2" }]);
    expect((await find("PYSEC-1"))?.aliases).toHaveLength(4);
    publish([...first, { ...bridge, modified: "2026-02-01T00:00:00Z", aliases: ["CVE-2026-0002"] }]);
    await mirrored();
    expect(await groups()).toEqual([
      { ids: "CVE-2026-0001 PYSEC-1" },
      { ids: "CVE-2026-0002 GHSA-aaaa-bbbb-cccc PYSEC-2" },
    ]);
    await bench.configure({ dataUrl: bucket.url, ecosystems: ["PyPI"], aliasSyncEnabled: false });
    publish([...first.map((one) => ({ ...one, modified: "2026-03-01T00:00:00Z", aliases: [] })), bridge]);
    await mirrored();
    expect(await groups(), "kept while switched off").toHaveLength(2);
  });

  it("takes ecosystems without package URLs", async () => {
    await bench.configure({ dataUrl: bucket.url, ecosystems: ["Go", "CRAN"] });
    publish([advisory("GO-1", { affected: [affecting("Go", "example.org/x/y", "0", "1.2.3")] })], {}, "Go");
    publish([advisory("RSEC-1", { affected: [affecting("CRAN", "Sample", "0", "1.2")] })], {}, "CRAN");
    await mirrored();
    expect(await rows("select package_key, purl from vulnerability_affected order by 1")).toEqual([
      { package_key: expect.stringContaining("Sample"), purl: null },
      { package_key: "golang/example.org/x/y", purl: null },
    ]);
  });

  it("goes on with the other ecosystems when one fails, and says which did", async () => {
    await bench.configure({ dataUrl: bucket.url, ecosystems: ["Nowhere", "PyPI"] });
    publish([advisory("PYSEC-1")]);
    const run = await bench.mirror();
    expect(run.status).toBe("FAILED");
    expect(run.error?.message).toContain('no ecosystem "Nowhere"');
    expect(await stored()).toHaveLength(1);
  });

  it("tries again after a server error and goes on after what it has stored", async () => {
    const many = Array.from({ length: 180 }, (_, index) => advisory(`PYSEC-${1000 + index}`));
    publish(many);
    let failures = 1;
    const content = files.get("PyPI/PYSEC-1150.json") ?? "";
    files.set("PyPI/PYSEC-1150.json", () => {
      files.set("PyPI/PYSEC-1150.json", content);
      return failures-- > 0 ? 503 : 500;
    });
    expect(await mirrored()).toEqual(report({ new: 180 }));
    const asked = (id: number) => bucket.requests.filter((path) => path === `PyPI/PYSEC-${id}.json`).length;
    expect([asked(1000), asked(1150)]).toEqual([1, 2]);
    const told = await rows<{ id: number }>(
      "select jsonb_array_elements(payload->'vulnerabilityIds')::int as id from outbox_event",
    );
    expect(told).toHaveLength(180);
  });

  it("ends a run of a source that is not enabled", async () => {
    await bench.configure({ enabled: false });
    expect(await bench.mirror()).toMatchObject({ status: "FAILED" });
  });
});

describe("file: URLs", () => {
  it("are mirrored below the permitted directories only, whatever links say", async () => {
    const allowed = join(directory.path, "allowed", "bucket");
    const outside = join(directory.path, "outside", "bucket");
    for (const folder of [allowed, outside]) {
      for (const [path, content] of bucketFiles("PyPI", [advisory("PYSEC-1")])) {
        mkdirSync(join(folder, "PyPI"), { recursive: true });
        writeFileSync(join(folder, path), content);
      }
    }
    symlinkSync(outside, join(directory.path, "allowed", "link"));
    symlinkSync(join(outside, "PyPI"), join(allowed, "npm"));
    await bench.configure({ dataUrl: pathToFileURL(allowed).href, ecosystems: ["PyPI"] });
    expect(await mirrored()).toEqual(report({ new: 1 }));
    for (const [path, ecosystem] of [
      [outside, "PyPI"],
      [join(directory.path, "allowed", "link"), "PyPI"],
      [allowed, "npm"],
    ]) {
      await bench.configure({ dataUrl: pathToFileURL(path ?? "").href, ecosystems: [ecosystem] });
      const run = await bench.mirror();
      expect(run.error?.message, path).toContain("dt.vuln-data-source.file-roots");
    }
  });
});

describe("the address of the bucket", () => {
  it("may not be on this machine unless the operator allows it", async () => {
    const guarded = await testing.startMirrorBench(opened.database, {
      properties: { "dt.vuln-data-source.osv.allow-local-connections": "false" },
    });
    await bench.stop();
    publish([advisory("PYSEC-1")]);
    const run = await guarded.mirror();
    expect(run.error?.message).toContain("dt.vuln-data-source.osv.allow-local-connections");
    expect(bucket.requests).toEqual([]);
    bench = guarded;
  });
});
