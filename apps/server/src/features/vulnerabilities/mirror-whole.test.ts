import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executorOf } from "../../platform/db/index.ts";
import { type MirrorBench, openTestDatabase, startMirrorBench } from "./testing.ts";

const shared = process.env.EVERTRACK_SHARED ?? join(import.meta.dirname, "../../../../../../shared");
const bucket = join(shared, "data/osv");
const absent = !existsSync(bucket);
const ECOSYSTEMS = "Bitnami CRAN Go Hackage Maven NuGet Packagist Pub PyPI RubyGems SwiftURL crates.io npm".split(" ");
const ADVISORIES = 16_868;
/** The bar is a minute on two idle cores; test runs share them. */
const FIRST_RUN_MAX_MS = 150_000;
const SECOND_RUN_MAX_MS = 10_000;

describe.skipIf(absent)(`the OSV sample${absent ? " (skipped: ../shared/data/osv is absent)" : ""}`, () => {
  let opened: Awaited<ReturnType<typeof openTestDatabase>>;
  let bench: MirrorBench;

  beforeAll(async () => {
    opened = await openTestDatabase();
    bench = await startMirrorBench(opened.database, {
      properties: { "dt.vuln-data-source.file-roots": bucket },
      leaseMs: 10_000,
    });
    await bench.configure({ dataUrl: pathToFileURL(bucket).href, ecosystems: ECOSYSTEMS });
  });
  afterAll(async () => {
    await bench?.stop();
    await opened?.drop();
  });

  it("is mirrored whole within the time limit, and once more within seconds without changing anything", async () => {
    const startedMs = performance.now();
    const first = await bench.mirror(2 * FIRST_RUN_MAX_MS);
    const firstMs = performance.now() - startedMs;
    expect(first.error).toBeNull();
    const events = await count("outbox_event");
    const second = await bench.mirror();
    const secondMs = performance.now() - startedMs - firstMs;
    console.log(`first ${Math.round(firstMs)} ms, second ${Math.round(secondMs)} ms`, first.output);
    expect(sum(first.output, "unreadable")).toBe(0);
    expect(sum(second.output, "new") + sum(second.output, "updated") + sum(second.output, "withdrawn")).toBe(0);
    expect(await count("vulnerability")).toBe(ADVISORIES);
    expect(await count("outbox_event")).toBe(events);
    expect(firstMs).toBeLessThan(FIRST_RUN_MAX_MS);
    expect(secondMs).toBeLessThan(SECOND_RUN_MAX_MS);
  }, 300_000);

  async function count(table: string): Promise<number> {
    const { rows } = await executorOf(opened.database.db).query<{ count: number }>(`select count(*) from ${table}`);
    return rows[0]?.count ?? 0;
  }
});

function sum(report: unknown, kind: string): number {
  return Object.values(report as Record<string, Record<string, number>>).reduce(
    (all, one) => all + (one[kind] ?? 0),
    0,
  );
}
