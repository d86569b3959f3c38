import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executorOf } from "../../../platform/db/index.ts";
import { planOf, Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { lockDueForAnalysis } from "../../projects/index.ts";
import { startDueAnalyses } from "./start-due-analyses.ts";

/** The engine claims nothing here: what was started stays under way until a test ends it. */
let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());
beforeEach(() => seed.rows("truncate wf_run, wf_label, scheduled_analysis_run, project cascade"));

const DAY_MS = 86_400_000;
const LIMITS = { inFlightMax: 50, maxAgeMs: DAY_MS };

/** A project last analysed, and last tried on schedule, so many hours ago; null = never. */
async function project(name: string, analysed: number | null = null, tried: number | null = null): Promise<string> {
  const { id, uuid } = await seed.project(name);
  await seed.rows(
    `update project set last_vulnerability_analysis = now() - $2 * interval '1 hour',
       last_analysis_attempt = now() - $3 * interval '1 hour' where id = $1`,
    [id, analysed, tried],
  );
  return uuid;
}

const slice = (limits: Partial<typeof LIMITS> = {}) =>
  server.database.transaction((tx) => startDueAnalyses(tx, server.engine.client, { ...LIMITS, ...limits }));
const endRuns = (status: string, limit = 1_000_000) =>
  seed.rows(
    `update wf_run set status = $1, finished_at = now()
     where id in (select id from wf_run where status = 'CREATED' order by seq limit $2)`,
    [status, limit],
  );
/** Names of the projects whose analysis is under way, in the order of their start. */
async function underWay(): Promise<string[]> {
  const rows = await seed.rows<{ name: string }>(
    `select p.name from wf_run r join project p on r.instance_id = 'analyze-project-scheduled:' || p.uuid
     where r.status = 'CREATED' order by r.seq`,
  );
  return rows.map(({ name }) => name);
}
async function triedNow(): Promise<string[]> {
  const rows = await seed.rows<{ name: string }>(
    "select name from project where last_analysis_attempt > now() - interval '1 minute' order by name",
  );
  return rows.map(({ name }) => name);
}

describe("a slice", () => {
  test("takes what is due, least recently looked at first", async () => {
    await project("old", 30);
    await project("older", 40);
    await project("never");
    await project("tried since", 50, 26);
    await project("analysed today", 23);
    await project("failed today", 90, 1);
    expect(await slice()).toBe(4);
    expect(await underWay()).toEqual(["never", "older", "old", "tried since"]);
    expect(await triedNow()).toEqual(["never", "old", "older", "tried since"]);
  });

  test("leaves out inactive projects and collections", async () => {
    const [inactive, collection] = [await project("inactive"), await project("collection")];
    await project("active");
    await seed.rows("update project set inactive_since = now() where uuid = $1", [inactive]);
    await seed.rows("update project set collection_logic = 'AGGREGATE_DIRECT_CHILDREN' where uuid = $1", [collection]);
    await slice();
    expect(await underWay()).toEqual(["active"]);
  });

  test("starts runs of the lowest priority, one per project, labelled with their trigger", async () => {
    const uuid = await project("one");
    await slice();
    const [run] = await server.engine.client.listRuns({ name: "analyze-project", limit: 2 });
    expect(run).toMatchObject({
      instanceId: `analyze-project-scheduled:${uuid}`,
      concurrencyKey: `analyze-project:${uuid}`,
      priority: 0,
      labels: { project: uuid, trigger: "schedule" },
    });
  });

  test("does not note a try for a project whose run was not started", async () => {
    const uuid = await project("held");
    await project("free");
    await slice({ inFlightMax: 1 });
    await seed.rows("truncate scheduled_analysis_run");
    await seed.rows("update project set last_analysis_attempt = null");
    expect(await slice()).toBe(1);
    expect(await triedNow()).toEqual(["free"]);
    const held = await seed.rows("select last_analysis_attempt from project where uuid = $1", [uuid]);
    expect(held).toEqual([{ last_analysis_attempt: null }]);
  });

  test("passes over a project somebody works on, without waiting for it", async () => {
    const uuid = await project("importing");
    await project("idle");
    await server.database.transaction(async (tx) => {
      await executorOf(tx).query("select 1 from project where uuid = $1 for no key update", [uuid]);
      expect(await slice()).toBe(1);
    });
    expect(await underWay()).toEqual(["idle"]);
  });
});

describe("the number in flight", () => {
  const many = (count: number) =>
    seed.rows("insert into project (name) select 'p' || lpad(n::text, 4, '0') from generate_series(1, $1) n", [count]);

  test("is filled up, never exceeded, and every project gets its turn once", async () => {
    await many(25);
    expect(await slice({ inFlightMax: 10 })).toBe(10);
    expect(await slice({ inFlightMax: 10 })).toBe(0);
    await endRuns("COMPLETED", 3);
    await endRuns("FAILED", 1);
    await endRuns("CANCELLED", 1);
    expect(await slice({ inFlightMax: 10 })).toBe(5);
    expect(await underWay()).toHaveLength(10);
    for (let round = 0; round < 5; round++) {
      await endRuns("COMPLETED");
      await slice({ inFlightMax: 10 });
    }
    const runs = await seed.rows("select 1 from wf_run");
    expect([runs.length, (await triedNow()).length]).toEqual([25, 25]);
    expect(await seed.rows("select 1 from scheduled_analysis_run"), "ended ones are forgotten").toEqual([]);
  });

  test("holds when several leaders start slices at the same time, again and again", async () => {
    await many(200);
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 6 }, () => slice({ inFlightMax: 20 })));
      expect((await underWay()).length, `round ${round}`).toBe(20);
      await endRuns("COMPLETED", 20);
    }
    expect(await seed.rows("select instance_id from wf_run group by 1 having count(*) > 1")).toEqual([]);
  });

  test("may shrink: nothing is started until fewer are under way; 0 starts none", async () => {
    await many(10);
    await slice({ inFlightMax: 6 });
    expect(await slice({ inFlightMax: 3 })).toBe(0);
    await endRuns("COMPLETED", 5);
    expect(await slice({ inFlightMax: 3 })).toBe(2);
    await endRuns("COMPLETED");
    expect(await slice({ inFlightMax: 0 })).toBe(0);
  });
});

test("a slice that fails leaves nothing behind", async () => {
  await project("one");
  const failed = server.database.transaction(async (tx) => {
    await startDueAnalyses(tx, server.engine.client, LIMITS);
    throw new Error("the firing failed");
  });
  await expect(failed).rejects.toThrow("the firing failed");
  expect([await underWay(), await triedNow()]).toEqual([[], []]);
  expect(await slice()).toBe(1);
});

test("what is due is found by index, in order, however large the portfolio", async () => {
  await seed.rows(
    `insert into project (name, last_vulnerability_analysis) select 'q' || n, now() from generate_series(1, 5000) n`,
  );
  await seed.rows("analyze project");
  const plan = await planOf(server.database.executor, "projects.lockDueForAnalysis", (db) =>
    lockDueForAnalysis(db as Parameters<typeof lockDueForAnalysis>[0], DAY_MS, 50),
  );
  expect(plan).toMatch(/Index Scan using project_least_recently_analysed/);
  expect(plan).not.toMatch(/Sort|Seq Scan/);
  expect(plan).toMatch(/Index Cond/);
});
