import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { writeExtensionConfig } from "../settings/store/extensions.ts";
import { startKevMirror } from "./commands/start-kev-mirror.ts";
import { PAGED_FILE } from "./kev-extensions.ts";
import { listKevAssertions } from "./queries/kev-assertions.ts";
import * as testing from "./testing.ts";

/** VulnCheck's API is a stub that gives one record a page. */
const stub = {
  url: "",
  records: [] as unknown[],
  requests: [] as { cursor: string | null; authorization: string | undefined }[],
  /** Answered in place of pages, in turn. */
  refusals: [] as { status: number; headers?: Record<string, string>; body?: string }[],
};
const http = createServer((request, response) => {
  const url = new URL(request.url ?? "", "http://stub");
  const cursor = url.searchParams.get("cursor");
  stub.requests.push({ cursor, authorization: request.headers.authorization });
  const refusal = stub.refusals.shift();
  if (refusal) return void response.writeHead(refusal.status, refusal.headers).end(refusal.body);
  if (url.pathname !== "/v3/index/vulncheck-kev" || (cursor === null && !url.searchParams.has("start_cursor")))
    return void response.writeHead(404).end();
  const at = Number(cursor ?? 0);
  const next_cursor = at + 1 < stub.records.length ? String(at + 1) : "";
  const body = { _meta: { next_cursor }, data: stub.records.slice(at, at + 1) };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
});

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let bench: testing.MirrorBench;
let seed: Seed;
const directory = testing.temporaryDirectory();

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  stub.url = `http://${host}`;
  opened = await testing.openTestDatabase();
  seed = new Seed(opened.database.executor);
  bench = await testing.startMirrorBench(opened.database, {
    properties: {
      "dt.vuln-data-source.file-roots": directory.path,
      "dt.kev-data-source.vulncheck.allow-local-connections": "true",
      "dt.kev-data-source.vulncheck.api-token": "t0ken",
      "dt.kev-data-source.vulncheck.api-token-hosts": host,
    },
  });
});
afterAll(async () => {
  await bench?.stop();
  await opened?.drop();
  http.closeAllConnections();
  http.close();
  await directory.remove();
});
beforeEach(async () => {
  stub.records = [];
  stub.requests = [];
  stub.refusals = [];
  await seed.rows("truncate kev_assertion, extension_state, extension_config, vulnerability cascade");
  await configure(stub.url);
});

const configure = (feedUrl: string) =>
  opened.database.transaction((tx) =>
    writeExtensionConfig(tx, "kev-data-source", "vulncheck", { enabled: true, feedUrl }),
  );

async function run() {
  await opened.database.transaction((tx) =>
    startKevMirror(tx, bench.engine.client, "vulncheck", { trigger: "manual" }),
  );
  const [latest] = await seed.rows<{ id: string }>(
    "select value->>'runId' as id from extension_state where key = 'latest-run' and extension = 'vulncheck'",
  );
  return testing.endOf(bench.engine, latest?.id ?? "");
}

const record = (cve: unknown, members: object = {}) => ({
  cve,
  shortDescription: "What it is",
  required_action: "Update it",
  knownRansomwareCampaignUse: "Known",
  date_added: "2026-01-02T00:00:00Z",
  ...members,
});
const stored = async () =>
  (
    await seed.rows<{ id: string }>("select vuln_id as id from kev_assertion where asserter = 'VULNCHECK' order by 1")
  ).map(({ id }) => id);

describe("the list of VulnCheck", () => {
  test("is read page by page with the token, a record for each CVE it names", async () => {
    await seed.advisory({ id: "CVE-2026-1001", source: "NVD", packageKey: "npm/x" });
    stub.records = [record(["CVE-2026-1001", "CVE-2026-1002"]), record(["CVE-2026-1003"]), record(["CVE-2026-1001"])];
    const { error, output } = await run();
    expect(error).toBeNull();
    expect(output).toMatchObject({ outcome: "read", new: 3, unreadable: 0 });
    const authorization = "Bearer t0ken";
    expect(stub.requests).toEqual([null, "1", "2"].map((cursor) => ({ cursor, authorization })));
    const { items } = await listKevAssertions(opened.database.db, "NVD", "CVE-2026-1001");
    expect(items).toMatchObject([
      {
        asserter: "VULNCHECK",
        asserter_display_name: "VulnCheck KEV",
        published_at: Date.parse("2026-01-02"),
        required_action: "Update it",
        known_ransomware: true,
      },
    ]);
    stub.records = [record(["CVE-2026-1001"]), record(["CVE-2026-1003"])];
    expect((await run()).output).toMatchObject({ new: 0, unchanged: 2, removed: 1 });
    expect(await stored()).toEqual(["CVE-2026-1001", "CVE-2026-1003"]);
  });

  test("is taken without the records that cannot be read, which are named and take nothing back", async () => {
    stub.records = [record(["CVE-2026-1001"]), record(["CVE-2026-1002"])];
    await run();
    stub.records = [record(["CVE-2026-1001"]), record(["CVE-2026-1002", "CVE-2026-x"]), record("none")];
    const { error, output } = await run();
    expect(error).toBeNull();
    expect(output).toMatchObject({ unreadable: 2, removed: 0 });
    expect((output as { leftOut: string[] }).leftOut).toEqual([
      expect.stringMatching(/^record 3: cveID is no CVE/),
      expect.stringMatching(/^record 4: cveID /),
    ]);
    expect(await stored()).toEqual(["CVE-2026-1001", "CVE-2026-1002"]);
  });

  test("is asked for again after what a refusal says, and from its beginning", async () => {
    stub.records = [record(["CVE-2026-1001"]), record(["CVE-2026-1002"])];
    stub.refusals = [{ status: 429, headers: { "retry-after": "0" } }];
    expect((await run()).output).toMatchObject({ new: 2 });
    expect(stub.requests).toHaveLength(3);
  });

  test("is not read without a token that is taken, or where it is no page: the run says so and nothing changes", async () => {
    stub.refusals = [{ status: 401 }];
    expect((await run()).error?.message).toContain("dt.kev-data-source.vulncheck.api-token holds the token");
    await configure(`${stub.url}/elsewhere`);
    expect((await run()).error?.message).toContain("answered 404");
    expect(await stored()).toEqual([]);
  });

  test("is read from a directory too", async () => {
    const folder = join(directory.path, "kev");
    mkdirSync(folder);
    writeFileSync(join(folder, PAGED_FILE), JSON.stringify([record(["CVE-2026-1007"])]));
    await configure(pathToFileURL(folder).href);
    expect((await run()).output).toMatchObject({ outcome: "read", new: 1 });
    expect((await run()).output).toMatchObject({ outcome: "unchanged" });
    expect(stub.requests).toEqual([]);
    expect(await stored()).toEqual(["CVE-2026-1007"]);
  });
});
