import { portfolioMetricsResponse } from "@evertrack/contract/v1/metrics";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { planOf, Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { newestSnapshots } from "../../store/snapshots.ts";

/** Sums are over everything there is: each test has a database of its own. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeEach(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
});
afterEach(() => server?.close());

const get = (path: string, caller = key) => server.request("GET", `/api/v1${path}`, { key: caller });
const current = async (caller = key) => (await get("/metrics/portfolio/current", caller)).json();
const series = async (days: number) => (await get(`/metrics/portfolio/${days}/days`)).json<Record<string, number>[]>();

interface Counts {
  components?: number;
  critical?: number;
  score?: number;
}

async function snapshot(projectId: number, daysAgo: number, { components = 1, critical = 0, score = 0 }: Counts) {
  await seed.rows(
    `insert into project_metrics (project_id, day, first_occurrence, last_occurrence, components, vulnerable_components,
       vulnerabilities, critical, high, medium, low, unassigned, findings_total, findings_unaudited, inherited_risk_score)
     select $1, (t at time zone 'UTC')::date, t, t, $3, least($4, 1), $4, $4, 0, 0, 0, 0, $4, $4, $5
     from (select now() - $2 * interval '1 day' as t) x`,
    [projectId, daysAgo, components, critical, score],
  );
}

/** A project with a snapshot of each day. */
async function project(snapshots: Record<number, Counts>, createdDaysAgo = 0) {
  const created = await seed.project();
  const moved = "update project set created_at = now() - $2 * interval '1 day' where id = $1";
  await seed.rows(moved, [created.id, createdDaysAgo]);
  for (const [daysAgo, counts] of Object.entries(snapshots)) await snapshot(created.id, Number(daysAgo), counts);
  return created;
}

async function accessControlOn() {
  const headers = { authorization: `Bearer ${await server.adminToken()}` };
  const property = { groupName: "access-management", propertyName: "acl.enabled", propertyValue: "true" };
  expect((await server.request("POST", "/api/v1/configProperty", { headers, body: property })).statusCode).toBe(200);
}

async function give(teamUuid: string, projectUuid: string) {
  const headers = { authorization: `Bearer ${await server.adminToken()}` };
  const body = { team: teamUuid, project: projectUuid };
  expect((await server.request("PUT", "/api/v1/acl/mapping", { headers, body })).statusCode).toBe(200);
}

describe("the portfolio now", () => {
  test("is the sum of the newest snapshots, all members present", async () => {
    await project({ 3: { components: 100, critical: 9 }, 1: { components: 5, critical: 2, score: 20.1 } });
    await project({ 0: { components: 7, critical: 1, score: 0.2 } });
    await project({ 0: { components: 3 } });
    await project({});
    const answer = await get("/metrics/portfolio/current");
    expect(answer.statusCode, answer.payload).toBe(200);
    expect(answer.json()).toMatchObject({
      ...{
        projects: 4,
        vulnerableProjects: 2,
        components: 15,
        vulnerableComponents: 2,
        vulnerabilities: 3,
        critical: 3,
      },
      ...{ high: 0, medium: 0, low: 0, unassigned: 0, kev: 0, suppressed: 0, inheritedRiskScore: 20.3 },
      ...{ findingsTotal: 3, findingsAudited: 0, findingsUnaudited: 3, policyViolationsTotal: 0 },
    });
    expect(() => portfolioMetricsResponse.parse(answer.json())).not.toThrow();
    const { firstOccurrence, lastOccurrence } = answer.json();
    expect(lastOccurrence).toBeGreaterThanOrEqual(firstOccurrence);
  });

  test("is zeros when there is nothing", async () => {
    expect(await current()).toMatchObject({ projects: 0, components: 0, inheritedRiskScore: 0 });
  });

  test("leaves out inactive projects and collections", async () => {
    const retired = await project({ 0: { components: 50, critical: 5 } });
    const collection = await project({ 0: { components: 70, critical: 7 } });
    await project({ 0: { components: 2 } });
    await seed.rows("update project set inactive_since = now() where id = $1", [retired.id]);
    const collect = "update project set collection_logic = 'AGGREGATE_DIRECT_CHILDREN' where id = $1";
    await seed.rows(collect, [collection.id]);
    expect(await current()).toMatchObject({ projects: 1, components: 2, vulnerableProjects: 0, critical: 0 });
    expect(await series(1)).toMatchObject([{ projects: 0 }, { projects: 1, components: 2 }]);
  });

  test("leaves out other teams' projects while access control is on", async () => {
    await project({ 0: { components: 50, critical: 5 } }, 9);
    const mine = await project({ 0: { components: 2, critical: 1 } }, 9);
    const mapped = await server.keyWith(["VIEW_PORTFOLIO"]);
    const bypass = await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_ACCESS_CONTROL_BYPASS"]);
    expect(await current(mapped.key)).toMatchObject({ projects: 2, components: 52 });
    await accessControlOn();
    await give(mapped.teamUuid, mine.uuid);
    expect(await current(mapped.key)).toMatchObject({ projects: 1, components: 2, critical: 1 });
    expect((await get("/metrics/portfolio/0/days", mapped.key)).json()).toMatchObject([{ projects: 1, components: 2 }]);
    expect(await current(bypass.key)).toMatchObject({ projects: 2, components: 52 });
    expect(await current()).toMatchObject({ projects: 0, components: 0 });
  });
});

test("over time every day has the sum of what was newest then, ending with today's", async () => {
  await project({ 9: { components: 10, critical: 1, score: 0.1 }, 2: { components: 20, score: 0.3 } }, 9);
  await project({ 9: { components: 500 }, 3: { components: 1 }, 1: { components: 2, critical: 3, score: 0.6 } }, 9);
  await project({ 1: { components: 100, score: 0.1 } }, 2);
  const days = await series(3);
  const shown = ["components", "critical", "vulnerableProjects", "projects", "inheritedRiskScore"];
  expect(days.map((day) => shown.map((name) => day[name]))).toEqual([
    [11, 1, 1, 2, 0.1],
    [21, 0, 0, 3, 0.3],
    [122, 3, 1, 3, 1],
    [122, 3, 1, 3, 1],
  ]);
  const starts = days.map((day) => day.firstOccurrence ?? 0);
  expect(starts.map((start) => start % 86_400_000)).toEqual([0, 0, 0, 0]);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(days.at(-1)).toEqual(await current());
});

test("refused are nobody, a missing permission, and days that are none", async () => {
  const { key: other } = await server.keyWith(["VIEW_VULNERABILITY"]);
  for (const path of ["/metrics/portfolio/current", "/metrics/portfolio/30/days"]) {
    expect((await server.request("GET", `/api/v1${path}`)).statusCode).toBe(401);
    expect((await get(path, other)).statusCode).toBe(403);
  }
  for (const days of ["x", "-1", "1.5", "99999"])
    expect((await get(`/metrics/portfolio/${days}/days`)).statusCode, days).toBe(400);
});

describe("projects show the numbers of their newest snapshot", () => {
  test("in lists, whose total is what it was, and alone; one never counted shows none", async () => {
    const counted = await project({ 4: { components: 9 }, 2: { components: 8, critical: 1, score: 10 } });
    const other = await project({ 0: { components: 3 } });
    const fresh = await project({});
    const list = await get("/project?pageNumber=1&pageSize=2&sortName=inactiveSince");
    expect(list.headers["x-total-count"]).toBe("3");
    expect(list.json()).toHaveLength(2);
    const all = (await get("/project")).json<{ uuid: string; metrics?: Record<string, number> }[]>();
    const shown = new Map(all.map(({ uuid, metrics }) => [uuid, metrics]));
    const alone = (await get(`/metrics/project/${counted.uuid}/current`)).json();
    expect(alone).toMatchObject({ components: 8, critical: 1, inheritedRiskScore: 10 });
    expect(shown.get(counted.uuid)).toEqual(alone);
    expect(shown.get(other.uuid)).toMatchObject({ components: 3, critical: 0 });
    expect(shown.get(fresh.uuid)).toBeUndefined();
    expect((await get(`/project/${counted.uuid}`)).json()).toMatchObject({ metrics: alone });
    expect((await get(`/project/${fresh.uuid}`)).json()).not.toHaveProperty("metrics");
  });

  test("found by index, a page at a time", async () => {
    await seed.rows("insert into project (name) select 'p' || n from generate_series(1, 500) n");
    await seed.rows(
      `insert into project_metrics (project_id, day, first_occurrence, last_occurrence, components, vulnerable_components,
         vulnerabilities, critical, high, medium, low, unassigned, findings_total, findings_unaudited, inherited_risk_score)
       select p.id, current_date - d, now(), now(), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from project p, generate_series(0, 89) d`,
    );
    await seed.rows("analyze project, project_metrics");
    const rows = await seed.rows<{ id: number }>("select id from project limit 100");
    const ids = rows.map(({ id }) => id);
    const plan = await planOf(server.database.executor, "metrics.newest", (db) => newestSnapshots(db, ids));
    expect(plan, plan).toMatch(/Index Scan Backward using project_metrics_pkey/);
    expect(plan, plan).not.toMatch(/Seq Scan on project_metrics|Sort/);
    expect(await newestSnapshots(server.database.db, ids)).toHaveLength(100);
  });
});
