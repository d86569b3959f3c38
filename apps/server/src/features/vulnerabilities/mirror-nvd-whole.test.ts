import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executorOf } from "../../platform/db/index.ts";
import type { NvdFeedReport } from "./activities/mirror-nvd-feed.ts";
import { type MirrorBench, openTestDatabase, startMirrorBench, temporaryDirectory } from "./testing.ts";

const shared = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "../../../../../../shared");
const sources = ["real", "from-anchore-overrides"].map((folder) => join(shared, "data/nvd", folder));
const absent = sources.some((folder) => !existsSync(folder));
const DEADLINE_MS = 150_000;

describe.skipIf(absent)(`NVD's records${absent ? " (skipped: ../shared/data/nvd is absent)" : ""}`, () => {
  let opened: Awaited<ReturnType<typeof openTestDatabase>>;
  let bench: MirrorBench;
  const directory = temporaryDirectory();
  const ids = new Set<string>();

  beforeAll(async () => {
    const feeds = join(directory.path, "json/cve/2.0");
    mkdirSync(feeds, { recursive: true });
    for (const folder of sources) {
      for (const name of readdirSync(folder).filter((file) => !/-(1999|2000|2001)\./.test(file))) {
        copyFileSync(join(folder, name), join(feeds, name));
        if (name.endsWith(".gz")) for (const id of idsIn(join(folder, name))) ids.add(id);
      }
    }
    opened = await openTestDatabase();
    bench = await startMirrorBench(opened.database, {
      properties: { "dt.vuln-data-source.file-roots": directory.path },
      leaseMs: 10_000,
    });
    await bench.configure({ cveFeedsUrl: pathToFileURL(directory.path).href }, "nvd");
  });
  afterAll(async () => {
    await bench?.stop();
    await opened?.drop();
    await directory.remove();
  });

  it("are mirrored whole, none left out, and a second time none is read", async () => {
    const startedMs = performance.now();
    const first = await bench.mirror(DEADLINE_MS, "nvd");
    const firstMs = performance.now() - startedMs;
    expect(first.error).toBeNull();
    expect(await count("vulnerability")).toBe(ids.size);
    const told = await count("outbox_event");
    const second = await bench.mirror(DEADLINE_MS, "nvd");
    const secondMs = performance.now() - startedMs - firstMs;
    const names = await count("vulnerability_affected_cpe");
    console.log(`${ids.size} CVEs, ${names} names: first ${Math.round(firstMs)} ms, second ${Math.round(secondMs)} ms`);
    expect(feedsOf(first.output).flatMap(({ leftOut }) => leftOut)).toEqual([]);
    expect(new Set(feedsOf(second.output).map(({ outcome }) => outcome))).toEqual(new Set(["unchanged"]));
    expect(await count("outbox_event")).toBe(told);
  }, 300_000);

  async function count(table: string): Promise<number> {
    const { rows } = await executorOf(opened.database.db).query<{ count: number }>(`select count(*) from ${table}`);
    return rows[0]?.count ?? 0;
  }
});

function idsIn(path: string): string[] {
  const feed: { vulnerabilities: { cve: { id: string } }[] } = JSON.parse(gunzipSync(readFileSync(path)).toString());
  return feed.vulnerabilities.map(({ cve }) => cve.id);
}

function feedsOf(report: unknown): NvdFeedReport[] {
  return Object.values(report as Record<string, NvdFeedReport>);
}
