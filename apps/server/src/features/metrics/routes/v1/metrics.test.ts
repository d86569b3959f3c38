import { dependencyMetricsResponse, projectMetricsResponse } from "@evertrack/contract/v1/metrics";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

/** Here nothing is carried out: started runs wait. */
let server: TestServer;
let seed: Seed;
let key: string;
let manager: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
  manager = (await server.keyWith(["PORTFOLIO_MANAGEMENT_UPDATE"])).key;
});
afterAll(() => server?.close());

const UNKNOWN = "11111111-2222-3333-4444-555555555555";
const get = (uuid: string, what: string, caller = key) =>
  server.request("GET", `/api/v1/metrics/project/${uuid}/${what}`, { key: caller });

/** A snapshot of `daysAgo`, told apart by its number of components. */
async function snapshot(projectId: number, daysAgo: number, components: number): Promise<void> {
  await seed.rows(
    `insert into project_metrics (project_id, day, first_occurrence, last_occurrence, components, vulnerable_components,
       vulnerabilities, critical, high, medium, low, unassigned, findings_total, findings_unaudited, inherited_risk_score)
     select $1, (t at time zone 'UTC')::date, t, t, $3, 2, 15, 1, 2, 3, 4, 5, 15, 15, 47.5
     from (select now() - $2 * interval '1 day' as t) x`,
    [projectId, daysAgo, components],
  );
}

const componentsIn = (payload: string) =>
  (JSON.parse(payload) as { components: number }[]).map(({ components }) => components);

describe("numbers of a project", () => {
  test("are those of the newest snapshot, all members present", async () => {
    const { id, uuid } = await seed.project();
    await snapshot(id, 3, 7);
    await snapshot(id, 1, 8);
    const answer = await get(uuid, "current");
    expect(answer.statusCode, answer.payload).toBe(200);
    const zeros = Object.fromEntries(
      ["", "License", "Operational", "Security"].flatMap((kind) =>
        ["Total", "Audited", "Unaudited"].map((count) => [`policyViolations${kind}${count}`, 0]),
      ),
    );
    expect(answer.json()).toEqual({
      components: 8,
      vulnerableComponents: 2,
      vulnerabilities: 15,
      critical: 1,
      high: 2,
      medium: 3,
      low: 4,
      unassigned: 5,
      kev: 0,
      suppressed: 0,
      findingsTotal: 15,
      findingsAudited: 0,
      findingsUnaudited: 15,
      inheritedRiskScore: 47.5,
      policyViolationsFail: 0,
      policyViolationsWarn: 0,
      policyViolationsInfo: 0,
      ...zeros,
      firstOccurrence: expect.any(Number),
      lastOccurrence: expect.any(Number),
    });
    expect(() => projectMetricsResponse.parse(answer.json())).not.toThrow();
  });

  test("before the first analysis are zeros, with its components", async () => {
    const { id, uuid } = await seed.project();
    await seed.component(id, await seed.identity("pkg:npm/uncounted@1"));
    expect((await get(uuid, "current")).json()).toMatchObject({
      components: 1,
      vulnerabilities: 0,
      inheritedRiskScore: 0,
    });
  });

  test("over time come one per day, oldest first, from a number of days or a day on", async () => {
    const { id, uuid } = await seed.project();
    for (const [daysAgo, components] of [
      [10, 1],
      [5, 2],
      [0, 3],
    ] as const)
      await snapshot(id, daysAgo, components);
    expect(componentsIn((await get(uuid, "days/30")).payload)).toEqual([1, 2, 3]);
    expect(componentsIn((await get(uuid, "days/6")).payload)).toEqual([2, 3]);
    const day = new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "");
    expect(componentsIn((await get(uuid, `since/${day}`)).payload)).toEqual([2, 3]);
    expect((await get((await seed.project()).uuid, "days/30")).json()).toEqual([]);
  });

  test("are counted anew on demand, by one run however often it is asked for", async () => {
    const { uuid } = await seed.project();
    for (let ask = 0; ask < 3; ask++) expect((await get(uuid, "refresh", manager)).statusCode).toBe(200);
    const instance = `update-metrics-now:${uuid}`;
    expect(await seed.rows("select priority from wf_run where instance_id = $1", [instance])).toEqual([
      { priority: 75 },
    ]);
  });
});

describe("refused are", () => {
  const PATHS = ["current", "days/3", "since/20260101", "refresh"] as const;
  const callerOf = (path: string) => (path === "refresh" ? manager : key);

  test.each(PATHS)("%s: a UUID that is none, nobody, a missing permission, an unknown project", async (path) => {
    const { uuid } = await seed.project();
    expect((await get("nonsense", path, callerOf(path))).statusCode).toBe(400);
    expect((await server.request("GET", `/api/v1/metrics/project/${uuid}/${path}`)).statusCode).toBe(401);
    const { key: other } = await server.keyWith(["VIEW_VULNERABILITY"]);
    expect((await get(uuid, path, other)).statusCode).toBe(403);
    expect((await get(UNKNOWN, path, callerOf(path))).statusCode).toBe(404);
  });

  test("days and dates that are none", async () => {
    const { uuid } = await seed.project();
    for (const path of ["days/x", "days/-1", "days/99999", "since/2026", "since/20261301", "since/20260231"])
      expect((await get(uuid, path)).statusCode, path).toBe(400);
  });

  test("a viewer who asks for a new count", async () => {
    expect((await get((await seed.project()).uuid, "refresh", key)).statusCode).toBe(403);
  });

  test("other teams' projects while access control is on", async () => {
    const { uuid } = await seed.project();
    const headers = { authorization: `Bearer ${await server.adminToken()}` };
    const property = { groupName: "access-management", propertyName: "acl.enabled", propertyValue: "true" };
    expect((await server.request("POST", "/api/v1/configProperty", { headers, body: property })).statusCode).toBe(200);
    const mapped = await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT_UPDATE"]);
    const body = { team: mapped.teamUuid, project: uuid };
    expect((await server.request("PUT", "/api/v1/acl/mapping", { headers, body })).statusCode).toBe(200);
    for (const path of PATHS) {
      expect((await get(uuid, path, callerOf(path))).statusCode, path).toBe(403);
      expect((await get(uuid, path, mapped.key)).statusCode, path).toBe(200);
    }
  });
});

describe("numbers of a component", () => {
  let all: string;
  beforeAll(async () => {
    all = (await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT", "PORTFOLIO_ACCESS_CONTROL_BYPASS"])).key;
  });
  const of = (uuid: string, what: string, caller = all) =>
    server.request("GET", `/api/v1/metrics/component/${uuid}/${what}`, { key: caller });

  test("are counted when asked for: aliases once, what is suppressed apart", async () => {
    const project = await seed.project();
    const identity = await seed.identity("pkg:npm/counted@1.0.0");
    const component = await seed.component(project.id, identity);
    const advise = async (id: string, severity: number, source = "OSV") => {
      const made = await seed.advisory({ id, source, severity, packageKey: "npm/x" });
      await seed.match(made, identity);
      return made;
    };
    await advise("C-high", 4);
    await advise("CVE-2026-77", 5, "NVD");
    await seed.aliases("OSV C-high", "NVD CVE-2026-77");
    const hidden = await advise("C-hidden", 3);
    await seed.rows(
      "insert into finding_analysis (project_id, identity_id, vulnerability_id, state, suppressed) values ($1, $2, $3, 'RESOLVED', true)",
      [project.id, identity, hidden],
    );
    const answer = await of(component.uuid, "current");
    expect(answer.statusCode, answer.payload).toBe(200);
    expect(dependencyMetricsResponse.parse(answer.json())).toMatchObject({
      vulnerabilities: 1,
      critical: 1,
      high: 0,
      medium: 0,
      suppressed: 1,
      findingsTotal: 1,
      findingsUnaudited: 1,
      inheritedRiskScore: 10,
      policyViolationsTotal: 0,
    });
    expect((await of(component.uuid, "refresh")).statusCode).toBe(200);
  });

  test("of one there is not are 404; their history is not kept yet", async () => {
    expect((await of(UNKNOWN, "current")).statusCode).toBe(404);
    expect((await of(UNKNOWN, "refresh")).statusCode).toBe(404);
    expect((await of(UNKNOWN, "refresh", key)).statusCode).toBe(403);
    expect((await of(UNKNOWN, "days/7")).statusCode).toBe(501);
  });
});
