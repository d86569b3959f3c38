import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { writeExtensionConfig } from "../../settings/store/extensions.ts";
import { writeKevFeedState } from "../kev-state.ts";
import { startOverdueKevMirrors, startScheduledKevMirrors } from "./start-kev-mirror.ts";

/** The engine does not work here: started mirrors wait until a test ends them. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["SYSTEM_CONFIGURATION"])).key;
});
afterAll(() => server?.close());
beforeEach(async () => {
  await seed.rows("truncate wf_run, extension_state, extension_config");
});

const HOUR_MS = 3_600_000;
const opened = { gateOpen: () => true };
const closed = { gateOpen: () => false };
const inTx = <T>(work: Parameters<typeof server.database.transaction<T>>[0]) => server.database.transaction(work);
const onSchedule = (gate = opened) => inTx((tx) => startScheduledKevMirrors(tx, server.engine.client, gate));
const atStart = (gate = opened) =>
  inTx((tx) => startOverdueKevMirrors(tx, server.engine.client, { periodMs: 24 * HOUR_MS, delayMs: 0, ...gate }));
const switchOff = (name: string) => inTx((tx) => writeExtensionConfig(tx, "kev-data-source", name, { enabled: false }));

async function readBefore(name: string, hours: number): Promise<void> {
  await inTx((tx) => writeKevFeedState(tx, name, { feedUrl: "https://example.org/a", etag: undefined }));
  await seed.rows("update extension_state set updated_at = now() - $2 * interval '1 hour' where extension = $1", [
    name,
    hours,
  ]);
}

describe("on schedule", () => {
  test("each source is mirrored once at a time, unless it is switched off", async () => {
    expect([await onSchedule(), await onSchedule()]).toEqual([2, 0]);
    await seed.rows("truncate wf_run");
    await switchOff("enisa");
    expect(await onSchedule()).toBe(1);
  });

  test("none is while an older instance may have to work on it", async () => {
    expect([await onSchedule(closed), await atStart(closed)]).toEqual([0, 0]);
  });
});

test("when the cluster starts those are that were read too long ago, but never for the first time", async () => {
  expect(await atStart()).toBe(0);
  await readBefore("cisa", 25);
  await readBefore("enisa", 23);
  expect(await atStart()).toBe(1);
  const [run] = await server.engine.client.listRuns({ name: "mirror-kev-data-source", limit: 10 });
  expect(run?.labels).toEqual({ "kev-data-source": "cisa" });
});

describe("over the API", () => {
  const RUNS = (name: string) => `/api/v2/kev-data-sources/${name}/mirror-runs`;
  const ask = (method: "GET" | "POST", url: string, caller: string | undefined = key) =>
    server.request(method, url, caller === undefined ? {} : { key: caller });

  test("a mirror is started once, and shown", async () => {
    expect((await ask("GET", `${RUNS("cisa")}/latest`)).statusCode).toBe(404);
    const started = await ask("POST", RUNS("cisa"));
    expect([started.statusCode, started.headers.location]).toEqual([202, `${RUNS("cisa")}/latest`]);
    expect((await ask("GET", `${RUNS("cisa")}/latest`)).json()).toEqual({ status: "PENDING" });
    const again = await ask("POST", RUNS("cisa"));
    expect([again.statusCode, again.json().type]).toEqual([409, "/problems/kev-data-source-mirror-already-running"]);
  });

  test("one that is switched off, or unknown, is refused", async () => {
    await switchOff("enisa");
    const off = await ask("POST", RUNS("enisa"));
    expect([off.statusCode, off.json().type]).toEqual([400, "/problems/kev-data-source-not-enabled"]);
    expect((await ask("POST", RUNS("nowhere"))).statusCode).toBe(404);
    expect((await ask("POST", RUNS("vulncheck"))).statusCode, "off unless it is switched on").toBe(400);
  });

  test("permissions are asked for", async () => {
    const other = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
    const assertions = "/api/v2/vulns/NVD/CVE-2026-1/kev-assertions";
    expect((await ask("POST", RUNS("cisa"), other)).statusCode).toBe(403);
    expect((await ask("GET", `${RUNS("cisa")}/latest`, other)).statusCode).toBe(403);
    expect((await ask("GET", assertions, other)).statusCode).toBe(403);
    const viewer = (await server.keyWith(["VIEW_VULNERABILITY"])).key;
    expect((await ask("GET", assertions, viewer)).statusCode).toBe(404);
    await seed.advisory({ id: "CVE-2026-1", source: "NVD", packageKey: "npm/x" });
    expect((await ask("GET", assertions, viewer)).json()).toEqual({ items: [], total: { count: 0, type: "EXACT" } });
  });

  test("an address with a query or outside the file roots is refused", async () => {
    const url = "/api/v2/extension-points/kev-data-source/extensions/cisa/config";
    for (const feedUrl of ["https://example.org/a.json?b", "https://example.org/", "file:///etc/hostname"]) {
      const answer = await server.request("PUT", url, { key, body: { config: { feedUrl } } });
      expect(answer.statusCode, feedUrl).toBe(400);
    }
  });
});
