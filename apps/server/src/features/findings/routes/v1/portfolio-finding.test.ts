import { findingResponse, groupedFindingResponse } from "@evertrack/contract/v1/finding";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let seed: Seed;
let key: string;

beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_VULNERABILITY"])).key;
  const [one, two, old] = [await seed.project("One"), await seed.project("Two"), await seed.project("Old")];
  await seed.rows("update project set inactive_since = now() where id = $1", [old.id]);
  const [alpha, beta] = [await seed.identity("pkg:npm/alpha@1.0.0"), await seed.identity("pkg:npm/beta@2.0.0")];
  for (const { id } of [one, two, old]) await seed.component(id, alpha);
  await seed.component(one.id, beta);
  const advise = (id: string, severity: number, cvss: number) =>
    seed.advisory({ id, severity, cvss, packageKey: "npm/x", published: new Date("2026-01-31T12:00:00Z") });
  const [low, critical] = [await advise("V-low", 2, 3.1), await advise("V-critical", 5, 9.8)];
  await seed.rows("update vulnerability set cvss_v3_score = 9.8 where id = $1", [critical]);
  await seed.match(low, alpha);
  await seed.match(critical, beta);
  await seed.rows(
    `insert into finding_analysis (project_id, identity_id, vulnerability_id, state, suppressed) values ($1, $2, $3, 'FALSE_POSITIVE', true)`,
    [two.id, alpha, low],
  );
});
afterAll(() => server?.close());

const get = (path: string, caller = key) => server.request("GET", `/api/v1/finding${path}`, { key: caller });

interface Shown {
  component: { name: string; projectName: string };
  vulnerability: { vulnId: string; affectedProjectCount?: number };
}

async function shown(query: string): Promise<string[]> {
  const answer = await get(`?${query}`);
  expect(answer.statusCode, answer.payload).toBe(200);
  return answer
    .json<Shown[]>()
    .map(({ component, vulnerability }) => `${component.projectName} ${component.name} ${vulnerability.vulnId}`);
}

describe("findings of the portfolio", () => {
  test("are those of all active projects, worst first, without what is suppressed", async () => {
    const answer = await get("");
    expect(findingResponse.array().parse(answer.json())).toEqual(answer.json());
    expect(answer.headers["x-total-count"]).toBe("2");
    expect(answer.headers["x-total-count-type"]).toBe("EXACT");
    expect(await shown("")).toEqual(["One beta V-critical", "One alpha V-low"]);
  });

  test.each([
    [
      "showSuppressed=true&sortName=analysis.isSuppressed&sortOrder=desc",
      ["Two alpha V-low", "One beta V-critical", "One alpha V-low"],
    ],
    ["showInactive=true&severity=LOW,MEDIUM", ["One alpha V-low", "Old alpha V-low"]],
    [
      "severity=&sortName=&sortOrder=&textSearchField=&textSearchInput=&cvssv3From=",
      ["One beta V-critical", "One alpha V-low"],
    ],
    ["analysisStatus=FALSE_POSITIVE&showSuppressed=true", ["Two alpha V-low"]],
    [
      "sortName=analysis.state&sortOrder=asc&showSuppressed=true&pageNumber=1&pageSize=2",
      ["Two alpha V-low", "One beta V-critical"],
    ],
    ["sortName=component.name&sortOrder=asc", ["One alpha V-low", "One beta V-critical"]],
    ["sortName=vulnerability.severityRank&sortOrder=desc", ["One alpha V-low", "One beta V-critical"]],
    ["cvssv3From=9.8&cvssv3To=9.8", ["One beta V-critical"]],
    ["publishDateFrom=2026-01-31&publishDateTo=2026-01-31&pageNumber=2&pageSize=1", ["One alpha V-low"]],
    ["publishDateTo=2026-01-30", []],
    ["textSearchField=COMPONENT_NAME,PROJECT_NAME&textSearchInput=LPH", ["One alpha V-low"]],
    ["textSearchField=PROJECT_NAME&textSearchInput=two&showSuppressed=true", ["Two alpha V-low"]],
    ["isKev=true", []],
  ])("?%s", async (query, wanted) => {
    expect(await shown(query)).toEqual(wanted);
  });

  test.each([
    "severity=AWFUL",
    "publishDateFrom=yesterday",
    "cvssv3From=x",
    "epssTo=2",
    "textSearchField=DESCRIPTION",
    "isKev=perhaps",
  ])("?%s is refused with 400, naming the parameter", async (query) => {
    for (const path of ["", "/grouped"]) {
      const answer = await get(`${path}?${query}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.payload).toContain(query.split("=")[0]);
    }
  });

  test("need the permission, and show nobody what is out of reach", async () => {
    expect((await get("", (await server.keyWith(["VIEW_PORTFOLIO"])).key)).statusCode).toBe(403);
    const admin = await server.adminToken();
    const switched = (on: boolean) =>
      server.request("POST", "/api/v1/configProperty", {
        headers: { authorization: `Bearer ${admin}` },
        body: { groupName: "access-management", propertyName: "acl.enabled", propertyValue: String(on) },
      });
    expect((await switched(true)).statusCode).toBe(200);
    try {
      for (const path of ["", "/grouped"]) {
        const answer = await get(path);
        expect([answer.statusCode, answer.json(), answer.headers["x-total-count"]]).toEqual([200, [], "0"]);
      }
    } finally {
      await switched(false);
    }
  });
});

describe("findings by vulnerability", () => {
  test("tell how many projects have one that is not suppressed", async () => {
    const answer = await get("/grouped");
    expect(groupedFindingResponse.array().parse(answer.json())).toEqual(answer.json());
    const counts = (of: typeof answer) =>
      of.json<Shown[]>().map(({ vulnerability }) => [vulnerability.vulnId, vulnerability.affectedProjectCount]);
    expect(counts(answer)).toEqual([
      ["V-critical", 1],
      ["V-low", 1],
    ]);
    expect(
      counts(await get("/grouped?showInactive=true&sortName=vulnerability.affectedProjectCount&sortOrder=desc")),
    ).toEqual([
      ["V-low", 2],
      ["V-critical", 1],
    ]);
    expect(counts(await get("/grouped?showInactive=true&occurrencesFrom=2&occurrencesTo=9"))).toEqual([["V-low", 2]]);
    expect((await get("/grouped?sortName=component.name")).statusCode).toBe(400);
  });
});
