import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planOf, Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { Settings } from "../../settings/index.ts";
import { componentRisk } from "../queries/component-risk.ts";
import { markProjectsOfIdentities, takeMarks } from "../store/marks.ts";
import { countProjects } from "../store/snapshots.ts";
import { riskWeights, updateMarkedProjects, updateMetrics } from "./update-metrics.ts";

let server: TestServer;
let seed: Seed;
let settings: Settings;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  settings = new Settings(server.database);
});
afterAll(() => server?.close());

let counter = 0;
const WEIGHTS = { critical: 10, high: 5, medium: 3, low: 1, unassigned: 5 };
const CRITICAL = 5;
const HIGH = 4;
const MEDIUM = 3;
const LOW = 2;
const INFO = 1;

const update = (...projectIds: number[]) => server.database.transaction((tx) => updateMetrics(tx, projectIds, WEIGHTS));
const updateMarked = () => updateMarkedProjects(server.database, settings, new AbortController().signal);
const snapshots = (projectId: number) =>
  seed.rows<Record<string, unknown> & { first_occurrence: Date; last_occurrence: Date }>(
    "select * from project_metrics where project_id = $1 order by day",
    [projectId],
  );
const marked = async () =>
  (await seed.rows<{ project_id: number }>("select project_id from metrics_dirty_project order by 1")).map(
    ({ project_id }) => project_id,
  );

/** A project with one component that has vulnerabilities of these severities. */
async function projectWith(...severities: number[]) {
  const { id: projectId } = await seed.project();
  const identityId = await component(projectId);
  const names: string[] = [];
  for (const severity of severities) names.push(await vulnerability(identityId, severity));
  return { projectId, identityId, names };
}

async function component(projectId: number): Promise<number> {
  const identityId = await seed.identity(`pkg:npm/m${++counter}@1.0.0`);
  await seed.component(projectId, identityId);
  return identityId;
}

async function vulnerability(identityId: number, severity: number, source = "OSV"): Promise<string> {
  const id = `M-${++counter}`;
  await seed.match(await seed.advisory({ id, source, packageKey: "npm/whatever", severity }), identityId);
  return `${source} ${id}`;
}

describe("counting a project", () => {
  test("counts by severity, INFO as unassigned, and components with and without findings", async () => {
    const { projectId } = await projectWith(CRITICAL, HIGH, HIGH, MEDIUM, LOW, INFO, 0);
    await component(projectId);
    await update(projectId);
    expect(await snapshots(projectId)).toEqual([
      expect.objectContaining({
        components: 2,
        vulnerable_components: 1,
        vulnerabilities: 7,
        critical: 1,
        high: 2,
        medium: 1,
        low: 1,
        unassigned: 2,
        findings_total: 7,
        findings_unaudited: 7,
        inherited_risk_score: 10 + 2 * 5 + 3 + 1 + 2 * 5,
      }),
    ]);
  });

  test("counts an alias group once per component, with its highest severity", async () => {
    const { projectId, identityId, names } = await projectWith(LOW, CRITICAL, MEDIUM);
    await seed.aliases(...names);
    const other = await component(projectId);
    await seed.rows(
      `insert into vulnerability_match (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
       select vulnerability_id, $2, severity, cvss, epss, published, analyzers from vulnerability_match
       where identity_id = $1 and severity <> $3`,
      [identityId, other, CRITICAL],
    );
    await update(projectId);
    expect(await snapshots(projectId)).toEqual([
      expect.objectContaining({ vulnerabilities: 2, critical: 1, medium: 1, low: 0, vulnerable_components: 2 }),
    ]);
  });

  test("aliases nobody has a row for and vulnerabilities without aliases change nothing", async () => {
    const { projectId, names } = await projectWith(HIGH, HIGH);
    await seed.aliases(names[0] ?? "", `NVD CVE-2026-${counter}`);
    await update(projectId);
    expect(await snapshots(projectId)).toEqual([expect.objectContaining({ vulnerabilities: 2, high: 2 })]);
  });

  test("leaves suppressed findings out and tells what is audited and exploited, by alias group", async () => {
    const { projectId, identityId, names } = await projectWith(CRITICAL, HIGH, MEDIUM, LOW);
    await seed.aliases(names[0] ?? "", names[1] ?? "");
    const other = (await seed.project()).id;
    await seed.component(other, identityId);
    const decide = (name: string | undefined, state: string, suppressed: boolean) =>
      seed.rows(
        `insert into finding_analysis (project_id, identity_id, vulnerability_id, state, suppressed)
         select $1, $2, id, $4, $5 from vulnerability where source || ' ' || vuln_id = $3`,
        [projectId, identityId, name, state, suppressed],
      );
    await seed.rows(
      `insert into kev_assertion (vuln_id, source, asserter) select vuln_id, source, 'CISA' from vulnerability
       where source || ' ' || vuln_id = any($1)`,
      [[names[0], names[2]]],
    );
    await decide(names[0], "FALSE_POSITIVE", true);
    await decide(names[2], "NOT_AFFECTED", true);
    await decide(names[3], "EXPLOITABLE", false);
    await update(projectId, other);
    expect(await snapshots(projectId), "the group by what is left of it").toEqual([
      expect.objectContaining({
        ...{ vulnerabilities: 2, critical: 0, high: 1, medium: 0, low: 1, vulnerable_components: 1, kev: 1 },
        ...{ suppressed: 2, findings_total: 2, findings_audited: 1, findings_unaudited: 1, inherited_risk_score: 6 },
      }),
    ]);
    expect(await snapshots(other), "decisions are those of a project").toEqual([
      expect.objectContaining({ vulnerabilities: 3, critical: 1, suppressed: 0, findings_audited: 0, kev: 2 }),
    ]);
    const rated = await componentRisk(settings).countsOf(server.database.db, [
      { projectId, identityId },
      { projectId: other, identityId },
    ]);
    expect(new Map(rated.map((row) => [row.projectId, row.metrics]))).toMatchObject(
      new Map([
        [
          projectId,
          expect.objectContaining({ vulnerabilities: 2, suppressed: 2, findings_audited: 1, inherited_risk_score: 6 }),
        ],
        [other, expect.objectContaining({ vulnerabilities: 3, suppressed: 0, inherited_risk_score: 14 })],
      ]),
    );
  });

  test("a component of which everything is suppressed is not vulnerable, nor is its project", async () => {
    const { projectId, identityId } = await projectWith(CRITICAL);
    await seed.rows(
      `insert into finding_analysis (project_id, identity_id, vulnerability_id, suppressed)
       select $1, identity_id, vulnerability_id, true from vulnerability_match where identity_id = $2`,
      [projectId, identityId],
    );
    await update(projectId);
    expect(await snapshots(projectId)).toEqual([
      expect.objectContaining({ vulnerable_components: 0, vulnerabilities: 0, suppressed: 1, inherited_risk_score: 0 }),
    ]);
  });

  test("weighs by the settings", async () => {
    const body = { groupName: "risk-score", propertyName: "weight.high", propertyValue: "7" };
    const headers = { authorization: `Bearer ${await server.adminToken()}` };
    const answer = await server.request("POST", "/api/v1/configProperty", { headers, body });
    expect(answer.statusCode, answer.payload).toBe(200);
    settings.forget();
    expect(await riskWeights(settings)).toEqual({ ...WEIGHTS, high: 7 });
    const { projectId, identityId } = await projectWith(HIGH, LOW);
    await server.database.transaction((tx) => markProjectsOfIdentities(tx, [identityId]));
    await updateMarked();
    expect(await snapshots(projectId)).toEqual([expect.objectContaining({ inherited_risk_score: 8 })]);
    expect(await seed.rows("select last_risk_score from project where id = $1", [projectId])).toEqual([
      { last_risk_score: 8 },
    ]);
  });

  test("leaves out projects that are gone", async () => {
    const { projectId } = await projectWith(HIGH);
    await update(projectId, 2_000_000_000);
    expect(await snapshots(projectId)).toHaveLength(1);
  });
});

describe("the snapshot of a day", () => {
  test("is written over: first_occurrence stays while the numbers do, and moves when they change", async () => {
    const { projectId, identityId } = await projectWith(HIGH);
    await update(projectId);
    const [first] = await snapshots(projectId);
    await update(projectId);
    const [same, ...none] = await snapshots(projectId);
    expect(none).toEqual([]);
    expect(same?.first_occurrence).toEqual(first?.first_occurrence);
    expect(same?.last_occurrence.getTime()).toBeGreaterThan(first?.last_occurrence.getTime() ?? Number.NaN);
    await vulnerability(identityId, LOW);
    await update(projectId);
    const [changed] = await snapshots(projectId);
    expect(changed).toMatchObject({ vulnerabilities: 2, first_occurrence: changed?.last_occurrence });
    expect(changed?.first_occurrence.getTime()).toBeGreaterThan(first?.first_occurrence.getTime() ?? Number.NaN);
  });

  test("leaves those of earlier days alone", async () => {
    const { projectId } = await projectWith(HIGH);
    await update(projectId);
    await seed.rows(
      `update project_metrics set day = day - 1, first_occurrence = first_occurrence - interval '1 day',
       last_occurrence = last_occurrence - interval '1 day' where project_id = $1`,
      [projectId],
    );
    const [yesterday] = await snapshots(projectId);
    await update(projectId);
    const all = await snapshots(projectId);
    expect(all).toHaveLength(2);
    expect(all[0]).toEqual(yesterday);
  });
});

describe("marks", () => {
  test("are taken exactly once by updaters at the same time", async () => {
    const projects = await Promise.all(Array.from({ length: 30 }, () => projectWith(LOW)));
    const identityIds = projects.map(({ identityId }) => identityId);
    await server.database.transaction((tx) => markProjectsOfIdentities(tx, identityIds));
    const taken = await Promise.all(
      Array.from({ length: 5 }, () => server.database.transaction((tx) => takeMarks(tx, 10))),
    );
    expect(taken.flat().sort()).toEqual(projects.map(({ projectId }) => projectId).sort());
    expect(await marked()).toEqual([]);
  });

  test("name every project that has the identity but the one left out", async () => {
    const { projectId, identityId } = await projectWith(LOW);
    const { id: other } = await seed.project();
    await seed.component(other, identityId);
    await server.database.transaction((tx) => markProjectsOfIdentities(tx, [identityId], projectId));
    expect(await marked()).toEqual([other]);
    await updateMarked();
    expect([await marked(), (await snapshots(other)).length, (await snapshots(projectId)).length]).toEqual([[], 1, 0]);
  });

  test("come back when the counting fails", async () => {
    const { projectId, identityId } = await projectWith(LOW);
    await server.database.transaction((tx) => markProjectsOfIdentities(tx, [identityId]));
    const failing = { number: () => Promise.resolve(Number.NaN) } as unknown as Settings;
    await expect(updateMarkedProjects(server.database, failing, new AbortController().signal)).rejects.toThrow();
    expect(await marked()).toEqual([projectId]);
    await updateMarked();
  });

  test("a mark that is there already is not taken before the change it stands for is committed", async () => {
    const { projectId, identityId } = await projectWith(LOW);
    const mark = () => server.database.transaction((tx) => markProjectsOfIdentities(tx, [identityId]));
    await mark();
    await server.database.transaction(async (tx) => {
      await markProjectsOfIdentities(tx, [identityId]);
      await updateMarked();
      expect(await snapshots(projectId)).toEqual([]);
    });
    expect(await marked()).toEqual([projectId]);
    await updateMarked();
    expect(await snapshots(projectId)).toHaveLength(1);
  });

  test("of two updaters of a project the later one counts later", async () => {
    const { projectId, identityId } = await projectWith(LOW);
    let late: Promise<void> | undefined;
    await server.database.transaction(async (tx) => {
      await updateMetrics(tx, [projectId], WEIGHTS);
      late = update(projectId);
      await until("the second updater waits", async () => {
        const waiting =
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        return (await seed.rows(waiting)).length > 0;
      });
      await vulnerability(identityId, CRITICAL);
    });
    await late;
    expect(await snapshots(projectId)).toEqual([expect.objectContaining({ vulnerabilities: 2, critical: 1 })]);
    expect(await marked()).toEqual([]);
  });
});

test("counting finds components and matches of its projects by index, however many others there are", async () => {
  await seed.rows("insert into project (name) select 'p' || n from generate_series(1, 300) n");
  await seed.rows(
    `insert into component_identity (key, name) select gen_random_uuid(), 'i' || n from generate_series(1, 3000) n`,
  );
  await seed.rows(
    `insert into component (project_id, identity_id) select p.id, i.id from project p join component_identity i
     on (i.id + p.id) % 150 = 0 where p.name like 'p%' on conflict do nothing`,
  );
  await seed.rows(
    `insert into vulnerability (source, vuln_id, severity) select 'OSV', 'V' || n, 3 from generate_series(1, 3000) n`,
  );
  await seed.rows(
    `insert into vulnerability_match (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
     select v.id, i.id, 3, -1, -1, 'epoch', '{internal}' from component_identity i join vulnerability v on v.id % 120 = i.id % 120
     on conflict do nothing`,
  );
  await seed.rows(
    "analyze project, component, component_identity, vulnerability, vulnerability_match, vulnerability_alias",
  );
  const [{ id = 0 } = {}] = await seed.rows<{ id: number }>("select id from project where name = 'p7'");
  const plan = await planOf(server.database.executor, "metrics.countProjects", (db) => countProjects(db, [id]));
  expect(plan).toMatch(/on component c/);
  expect(plan).toMatch(/vulnerability_match_identity|vulnerability_match_pkey/);
  expect(plan, plan).not.toMatch(/Seq Scan on (component|vulnerability_match) /);
});
