import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { PORTFOLIO_METRICS_INSTANCE } from "./update-portfolio-metrics.ts";

/** Here the engine works. */
let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer({ working: true, properties: { "dt.task-scheduler.enabled": "false" } });
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());
beforeEach(() => seed.rows("truncate project cascade"));

const SOON_MS = 60_000;
async function refresh(permission: "PORTFOLIO_MANAGEMENT" | "VIEW_PORTFOLIO" = "PORTFOLIO_MANAGEMENT") {
  const { key } = await server.keyWith([permission]);
  return (await server.request("GET", "/api/v1/metrics/portfolio/refresh", { key })).statusCode;
}
const newest = async () => {
  const [run] = await server.engine.client.listRuns({ name: "update-portfolio-metrics", limit: 1 });
  return run;
};
async function ended() {
  const active = "select 1 from wf_run where instance_id = $1 and status in ('CREATED', 'RUNNING', 'SUSPENDED')";
  await until(
    "the portfolio is counted",
    async () => (await seed.rows(active, [PORTFOLIO_METRICS_INSTANCE])).length === 0,
    SOON_MS,
  );
  return newest();
}
const counted = async () =>
  (await seed.rows<{ project_id: number }>("select project_id from project_metrics order by 1")).map(
    ({ project_id }) => project_id,
  );
const many = async (count: number) =>
  (
    await seed.rows<{ id: number }>(
      "insert into project (name) select 'p' || n from generate_series(1, $1) n returning id",
      [count],
    )
  ).map(({ id }) => id);

describe("counting the portfolio", () => {
  test("counts every active project once, in batches, without growing; inactive ones and collections are left", async () => {
    const ids = await many(250);
    const [inactive, collection, ...rest] = ids;
    await seed.rows("update project set inactive_since = now() where id = $1", [inactive]);
    await seed.rows("update project set collection_logic = 'AGGREGATE_DIRECT_CHILDREN' where id = $1", [collection]);
    expect(await refresh()).toBe(200);
    const run = await ended();
    expect(run).toMatchObject({ status: "COMPLETED", generation: 2, priority: 75 });
    expect(await counted()).toEqual(rest);
    const steps = await server.engine.client.getSteps(run?.id ?? "");
    expect(steps.length, "recorded steps of the last generation only").toBeLessThanOrEqual(2);
  });

  test("an empty portfolio ends at once", async () => {
    expect(await refresh()).toBe(200);
    expect(await ended()).toMatchObject({ status: "COMPLETED", generation: 0 });
  });

  test("one that is going on goes on when asked for again", async () => {
    await many(1);
    const [queue] = (await server.engine.client.listQueues()).filter(({ name }) => name === "metrics-updates");
    if (queue === undefined) throw new Error("there is no queue metrics-updates");
    await server.engine.client.updateQueue({ ...queue, status: "PAUSED" });
    expect([await refresh(), await refresh()]).toEqual([200, 200]);
    const first = await newest();
    expect(await refresh()).toBe(200);
    expect((await newest())?.id).toBe(first?.id);
    await server.engine.client.updateQueue({ ...queue, status: "ACTIVE" });
    expect((await ended())?.status).toBe("COMPLETED");
  });

  test("a batch that cannot be counted does not keep the others from it, and is told at the end", async () => {
    const ids = await many(150);
    await seed.rows(`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'planted' using errcode = '22000'; end $$`);
    await seed.rows(`create trigger refuse before insert on project_metrics for each row
      when (new.project_id = ${ids[3]}) execute function refuse()`);
    try {
      await refresh();
      const once = { initialMs: 100, factor: 1, jitter: 0, maxMs: 100, attemptsMax: 1 };
      const triedOnce = `update wf_run set retry = $1 where name = 'update-project-metrics' and error is not null
        and status in ('CREATED', 'SUSPENDED') returning 1`;
      await until("the first batch has failed", async () => (await seed.rows(triedOnce, [once])).length > 0, SOON_MS);
      const run = await ended();
      expect(run?.status).toBe("FAILED");
      expect(run?.error?.message).toContain("1 batches of projects could not be counted");
      expect(await counted()).toEqual(ids.slice(100));
    } finally {
      await seed.rows("drop trigger refuse on project_metrics");
    }
  });

  test("needs the permission to manage the portfolio", async () => {
    expect(await refresh("VIEW_PORTFOLIO")).toBe(403);
  });
});
