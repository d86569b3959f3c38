import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { writeExtensionConfig } from "../../settings/store/extensions.ts";
import { writeRead } from "../github-state.ts";
import { writeReading } from "../mirror-state.ts";
import { writeFeedState } from "../nvd-state.ts";
import { readGithubConfig } from "../queries/github-config.ts";
import { startOverdueGithubMirror, startScheduledGithubMirror } from "./start-github-mirror.ts";
import {
  requestMirror,
  startOverdueMirror,
  startOverdueNvdMirror,
  startScheduledMirror,
  startScheduledNvdMirror,
} from "./start-mirror-run.ts";

/** The engine does not work here: started mirrors wait until a test ends them. */
let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await seed.rows("truncate wf_run, extension_state, extension_config");
  await configure({ enabled: true, ecosystems: ["PyPI", "npm"] });
});

const HOUR_MS = 3_600_000;
const DAILY = { periodMs: 24 * HOUR_MS, delayMs: 45_000 };

const configure = (config: object) =>
  server.database.transaction((tx) => writeExtensionConfig(tx, "vuln-data-source", "osv", config));
const atStart = () => server.database.transaction((tx) => startOverdueMirror(tx, server.engine.client, DAILY));
const onSchedule = () => server.database.transaction((tx) => startScheduledMirror(tx, server.engine.client));
const runs = () => server.engine.client.listRuns({ name: "mirror-vuln-data-source", limit: 10 });
const endRuns = () => seed.rows("update wf_run set status = 'FAILED', finished_at = now()");
const age = (key: string, hours: number) =>
  seed.rows("update extension_state set updated_at = now() - $2 * interval '1 hour' where key = $1", [key, hours]);

/** As after a mirror that read the ecosystem to its end so many hours ago. */
async function mirrored(ecosystem: string, hours: number): Promise<void> {
  await server.database.transaction((tx) => writeReading(tx, "osv", ecosystem, "1"));
  await age(`reading:${ecosystem}`, hours);
}

describe("when the cluster starts", () => {
  test("a source that was never mirrored is, once, after the delay and before nobody", async () => {
    expect([await atStart(), await atStart()]).toEqual([true, false]);
    const [run, ...others] = await runs();
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: "CREATED", waiting: "time", priority: 0 });
    const [due] = await seed.rows<{ ms: number }>(
      "select extract(epoch from visible_from - created_at)::float8 * 1000 as ms from wf_run",
    );
    expect(due?.ms).toBeGreaterThan(44_000);
  });

  test("instances that look at the same time start one", async () => {
    const started = await Promise.all(Array.from({ length: 8 }, atStart));
    expect(started.filter(Boolean)).toHaveLength(1);
  });

  test("one whose every ecosystem was read within a period is not", async () => {
    await mirrored("PyPI", 23);
    await mirrored("npm", 2);
    expect(await atStart()).toBe(false);
    await mirrored("PyPI", 25);
    expect(await atStart()).toBe(true);
  });

  test("an ecosystem that was added and never read makes it overdue", async () => {
    await mirrored("PyPI", 1);
    expect(await atStart()).toBe(true);
  });

  test("one that was tried a moment ago is not tried again by the next instance that leads, but is an hour later", async () => {
    await onSchedule();
    await endRuns();
    expect(await atStart()).toBe(false);
    await age("latest-run", 1);
    expect(await atStart()).toBe(true);
  });

  test("one that is switched off is left alone, on schedule too", async () => {
    await configure({ enabled: false });
    expect([await atStart(), await onSchedule()]).toEqual([false, false]);
    expect(await runs()).toEqual([]);
  });
});

test("mirrors on schedule have the lowest priority, those somebody asks for 75", async () => {
  expect([await onSchedule(), await onSchedule()]).toEqual([true, false]);
  await endRuns();
  await requestMirror(server.database, server.engine.client, "osv", { gateOpen: () => true });
  expect((await runs()).map(({ priority }) => priority)).toEqual([75, 0]);
});

describe("NVD", () => {
  const gates = (open: boolean) => ({ gateOpen: () => open });
  const nvdAtStart = (open = true) =>
    server.database.transaction((tx) => startOverdueNvdMirror(tx, server.engine.client, { ...DAILY, ...gates(open) }));
  const nvdOnSchedule = (open = true) =>
    server.database.transaction((tx) => startScheduledNvdMirror(tx, server.engine.client, gates(open)));

  test("is mirrored on schedule unless it is switched off, once at a time", async () => {
    expect([await nvdOnSchedule(), await nvdOnSchedule()]).toEqual([true, false]);
    await server.database.transaction((tx) => writeExtensionConfig(tx, "vuln-data-source", "nvd", { enabled: false }));
    await endRuns();
    expect(await nvdOnSchedule()).toBe(false);
  });

  test("waits until every instance knows it, whoever asks", async () => {
    expect([await nvdOnSchedule(false), await nvdAtStart(false)]).toEqual([false, false]);
    const asked = requestMirror(server.database, server.engine.client, "nvd", gates(false));
    await expect(asked).rejects.toMatchObject({ status: 409 });
    expect(await server.engine.client.listRuns({ name: "mirror-nvd", limit: 10 })).toEqual([]);
  });

  test("is made up for when the cluster starts if it was read before and that is long ago", async () => {
    expect(await nvdAtStart(), "never read").toBe(false);
    await server.database.transaction((tx) => writeFeedState(tx, "modified", { sha256: "0" }));
    expect(await nvdAtStart(), "read a moment ago").toBe(false);
    await age("feed:modified", 25);
    expect([await nvdAtStart(), await nvdAtStart()]).toEqual([true, false]);
  });
});

describe("GitHub", () => {
  const gates = (open = true) => ({ gateOpen: () => open });
  const enable = () =>
    server.database.transaction((tx) => writeExtensionConfig(tx, "vuln-data-source", "github", { enabled: true }));
  const githubOnSchedule = (open?: boolean) =>
    server.database.transaction((tx) => startScheduledGithubMirror(tx, server.engine.client, gates(open)));
  const githubAtStart = (open?: boolean) =>
    server.database.transaction((tx) =>
      startOverdueGithubMirror(tx, server.engine.client, { ...DAILY, ...gates(open) }),
    );

  test("is mirrored on schedule once it is switched on, once at a time", async () => {
    expect(await githubOnSchedule()).toBe(false);
    await enable();
    expect([await githubOnSchedule(), await githubOnSchedule()]).toEqual([true, false]);
    const [run] = await server.engine.client.listRuns({ name: "mirror-github", limit: 10 });
    expect(run).toMatchObject({ priority: 0 });
  });

  test("waits until every instance knows it, whoever asks", async () => {
    await enable();
    expect([await githubOnSchedule(false), await githubAtStart(false)]).toEqual([false, false]);
    const asked = requestMirror(server.database, server.engine.client, "github", gates(false));
    await expect(asked).rejects.toMatchObject({ status: 409 });
    expect(await server.engine.client.listRuns({ name: "mirror-github", limit: 10 })).toEqual([]);
  });

  test("is made up for when the cluster starts if it was not read for a period", async () => {
    await enable();
    await server.database.transaction(async (tx) => writeRead(tx, await readGithubConfig(tx)));
    expect(await githubAtStart(), "read a moment ago").toBe(false);
    await age("read", 25);
    expect([await githubAtStart(), await githubAtStart()]).toEqual([true, false]);
  });
});
