import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { planOf, Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { Settings } from "../../settings/index.ts";
import { sumByDay } from "../store/portfolio.ts";
import { removeSupersededSnapshots } from "../store/retention.ts";
import { removeOldSnapshots } from "./remove-old-snapshots.ts";

let server: TestServer;
let seed: Seed;
let settings: Settings;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  settings = new Settings(server.database);
});
afterAll(() => server?.close());
beforeEach(() => seed.rows("truncate project cascade"));

/** Snapshots of a project made so many days ago. */
async function snapshots(projectId: number, ...daysAgo: number[]): Promise<void> {
  await seed.rows(
    `insert into project_metrics (project_id, day, first_occurrence, last_occurrence, components, vulnerable_components,
       vulnerabilities, critical, high, medium, low, unassigned, findings_total, findings_unaudited, inherited_risk_score)
     select $1, (now() at time zone 'UTC')::date - d, now(), now(), d, 0, d, 0, 0, 0, 0, 0, 0, 0, 0 from unnest($2::int[]) d`,
    [projectId, daysAgo],
  );
}

async function daysLeft(projectId: number): Promise<number[]> {
  const rows = await seed.rows<{ ago: number }>(
    "select (now() at time zone 'UTC')::date - day as ago from project_metrics where project_id = $1 order by day",
    [projectId],
  );
  return rows.map(({ ago }) => ago);
}

const retain = async (days: number) => {
  await seed.rows(
    "update config_property set property_value = $1 where group_name = 'maintenance' and property_name = 'metrics.retention.days'",
    [String(days)],
  );
  settings.forget();
};
const clean = () => removeOldSnapshots(server.database, settings, new AbortController().signal);
const bare = async () =>
  (await seed.rows<{ id: number }>("insert into project (name) values (gen_random_uuid()) returning id"))[0]?.id ?? 0;

describe("numbers older than the retention", () => {
  test("go, but for each project's last ones from before it", async () => {
    const [busy, quiet, young] = [await bare(), await bare(), await bare()];
    await snapshots(busy, 200, 120, 95, 91, 89, 1, 0);
    await snapshots(quiet, 300, 200);
    await snapshots(young, 90, 89);
    expect(await clean()).toBe(4);
    expect([await daysLeft(busy), await daysLeft(quiet), await daysLeft(young)]).toEqual([
      [91, 89, 1, 0],
      [200],
      [90, 89],
    ]);
    expect(await clean()).toBe(0);
  });

  test("are as many days as the setting says, and sums of the days that are kept stay as they were", async () => {
    const ids = [await bare(), await bare()];
    await snapshots(ids[0] ?? 0, 40, 12, 9, 3);
    await snapshots(ids[1] ?? 0, 30, 20);
    await seed.rows("update project set created_at = now() - interval '100 days'");
    const before = await sumByDay(server.database.db, { all: true }, 10);
    expect(new Set(before.map(({ components }) => components)).size).toBeGreaterThan(1);
    await retain(10);
    expect(await clean()).toBe(2);
    expect([await daysLeft(ids[0] ?? 0), await daysLeft(ids[1] ?? 0)]).toEqual([[12, 9, 3], [20]]);
    expect(await sumByDay(server.database.db, { all: true }, 10)).toEqual(before);
    await retain(90);
  });

  test("go in bounded batches, of projects and of rows, and none is left out", async () => {
    const many = await seed.rows<{ id: number }>(
      "insert into project (name) select 'p' || n from generate_series(1, 25) n returning id",
    );
    for (const { id } of many) await snapshots(id, ...Array.from({ length: 12 }, (_, index) => 100 + index));
    const removals: number[] = [];
    let afterProjectId: number | null = 0;
    while (afterProjectId !== null) {
      const options: Parameters<typeof removeSupersededSnapshots>[1] = { retentionDays: 90, afterProjectId, limit: 10 };
      const batch: Awaited<ReturnType<typeof removeSupersededSnapshots>> = await server.database.transaction((tx) =>
        removeSupersededSnapshots(tx, options),
      );
      removals.push(batch.removed);
      afterProjectId = batch.lastProjectId;
    }
    expect(Math.max(...removals)).toBe(10);
    for (const { id } of many) expect(await daysLeft(id)).toEqual([100]);
  });

  test("are found by index, project by project", async () => {
    await seed.rows("insert into project (name) select 'q' || n from generate_series(1, 2000) n");
    await seed.rows(
      `insert into project_metrics (project_id, day, first_occurrence, last_occurrence, components, vulnerable_components,
         vulnerabilities, critical, high, medium, low, unassigned, findings_total, findings_unaudited, inherited_risk_score)
       select id, current_date - d, now(), now(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from project, generate_series(0, 20) d`,
    );
    await seed.rows("analyze project, project_metrics");
    const plan = await planOf(server.database.executor, "metrics.removeSuperseded", (db) =>
      removeSupersededSnapshots(db as Parameters<typeof removeSupersededSnapshots>[0], {
        retentionDays: 90,
        afterProjectId: 0,
        limit: 100,
      }),
    );
    expect(plan).not.toMatch(/Seq Scan on project_metrics/);
  });
});
