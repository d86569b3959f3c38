import { analysisResponse } from "@evertrack/contract/v1/analysis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const UNKNOWN = "11111111-2222-3333-4444-555555555555";

let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_VULNERABILITY", "VULNERABILITY_ANALYSIS"], "Auditors")).key;
});
afterAll(() => server?.close());

interface Finding {
  project: string;
  component: string;
  vulnerability: string;
}

let counter = 0;
async function finding(): Promise<Finding> {
  const project = await seed.project();
  const identityId = await seed.identity(`pkg:npm/audited-${++counter}@1`);
  const component = await seed.component(project.id, identityId);
  const id = await seed.advisory({ id: `V-${counter}`, severity: 5, packageKey: "npm/x" });
  await seed.match(id, identityId);
  const [vulnerability] = await seed.rows<{ uuid: string }>("select uuid from vulnerability where id = $1", [id]);
  return { project: project.uuid, component: component.uuid, vulnerability: vulnerability?.uuid ?? "" };
}

const put = (body: object, caller = key) => server.request("PUT", "/api/v1/analysis", { key: caller, body });
const get = (named: object, caller = key) =>
  server.request("GET", `/api/v1/analysis?${new URLSearchParams({ ...named })}`, { key: caller });
const events = async (project: string) =>
  seed.rows<{ payload: { analysis: object } }>(
    "select payload from outbox_event where subject = $1 and type = 'PROJECT_AUDIT_CHANGE' order by id",
    [project],
  );
const listed = async (project: string, query = "") => {
  const answer = await server.request("GET", `/api/v1/finding/project/${project}?${query}`, { key });
  expect(answer.statusCode, answer.payload).toBe(200);
  return answer.json<{ analysis: object }[]>();
};

describe("a decision about a finding", () => {
  test("stays with a component that is given another version by hand", async () => {
    const named = await finding();
    expect((await put({ ...named, analysisState: "IN_TRIAGE" })).statusCode).toBe(200);
    const { key: manager } = await server.keyWith(["PORTFOLIO_MANAGEMENT"]);
    const body = { uuid: named.component, name: "audited", version: "2", purl: "pkg:npm/audited@2" };
    const changed = await server.request("POST", "/api/v1/component", { key: manager, body });
    expect(changed.statusCode, changed.payload).toBe(200);
    const kept = await seed.rows(
      `select a.state, i.version from finding_analysis a join component c using (project_id, identity_id)
       join component_identity i on i.id = c.identity_id where c.uuid = $1`,
      [named.component],
    );
    expect(kept).toEqual([{ state: "IN_TRIAGE", version: "2" }]);
  });

  test("changes what is given and leaves the rest; the trail tells each step, who took it, and the comment", async () => {
    const named = await finding();
    expect((await get(named)).statusCode).toBe(404);
    const first = { analysisState: "IN_TRIAGE", analysisDetails: "looking", comment: "mine" };
    expect((await put({ ...named, ...first })).statusCode).toBe(200);
    const second = {
      analysisState: "NOT_AFFECTED",
      analysisJustification: "CODE_NOT_REACHABLE",
      analysisResponse: "WILL_NOT_FIX",
      isSuppressed: true,
    };
    const answer = await put({ ...named, ...second });
    const shown = analysisResponse.parse(answer.json());
    expect(shown).toMatchObject({ ...second, analysisDetails: "looking" });
    expect(shown.analysisComments.map(({ comment }) => comment)).toEqual([
      "Analysis: NOT_SET → IN_TRIAGE",
      "Details: looking",
      "mine",
      "Analysis: IN_TRIAGE → NOT_AFFECTED",
      "Justification: NOT_SET → CODE_NOT_REACHABLE",
      "Vendor Response: NOT_SET → WILL_NOT_FIX",
      "Suppressed",
    ]);
    expect(new Set(shown.analysisComments.map(({ commenter }) => commenter))).toEqual(new Set(["Auditors"]));
    expect((await get(named)).json()).toEqual(answer.json());
  });

  test("is told when state or suppression changed, and only then", async () => {
    const named = await finding();
    await put({ ...named, comment: "only words" });
    await put({ ...named, analysisDetails: "words", analysisResponse: "UPDATE" });
    expect(await events(named.project)).toEqual([]);
    await put({ ...named, analysisState: "EXPLOITABLE" });
    await put({ ...named, analysisState: "EXPLOITABLE" });
    const told = await events(named.project);
    expect(told).toHaveLength(1);
    expect(told[0]?.payload.analysis).toMatchObject({ state: "EXPLOITABLE", suppressed: false });
  });

  test("stands in lists; suppressed findings only where they are asked for", async () => {
    const named = await finding();
    expect(await listed(named.project, "hasAnalysis=true")).toEqual([]);
    await put({ ...named, analysisState: "FALSE_POSITIVE" });
    expect(await listed(named.project, "hasAnalysis=true")).toMatchObject([{ analysis: { state: "FALSE_POSITIVE" } }]);
    expect(await listed(named.project, "hasAnalysis=false")).toEqual([]);
    await put({ ...named, suppressed: true });
    expect(await listed(named.project)).toEqual([]);
    expect(await listed(named.project, "suppressed=true")).toMatchObject([{ analysis: { isSuppressed: true } }]);
  });

  test("of two people at once loses nothing", async () => {
    const named = await finding();
    const answers = await Promise.all([
      put({ ...named, analysisState: "EXPLOITABLE" }),
      put({ ...named, analysisResponse: "UPDATE" }),
      put({ ...named, isSuppressed: true }),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    const now = (await get(named)).json();
    expect(now).toMatchObject({ analysisState: "EXPLOITABLE", analysisResponse: "UPDATE", isSuppressed: true });
    expect(now.analysisComments).toHaveLength(3);
  });

  test("goes with the component", async () => {
    const named = await finding();
    await put({ ...named, analysisState: "EXPLOITABLE" });
    await seed.rows("delete from component where uuid = $1", [named.component]);
    expect((await get(named)).statusCode).toBe(404);
  });
});

describe("refused are", () => {
  test("states and UUIDs there are not, with 400", async () => {
    const named = await finding();
    for (const wrong of [
      { analysisState: "FINE" },
      { component: "x" },
      { analysisDetails: "a\u0000b" },
      { comment: 1 },
    ])
      expect((await put({ ...named, ...wrong })).statusCode, JSON.stringify(wrong)).toBe(400);
    expect((await get({ ...named, vulnerability: "x" })).statusCode).toBe(400);
  });

  test("unknown components, vulnerabilities, projects, and components of another project, with 404", async () => {
    const named = await finding();
    const other = await finding();
    for (const wrong of [
      { component: UNKNOWN },
      { vulnerability: UNKNOWN },
      { project: UNKNOWN },
      { project: other.project },
    ])
      expect((await put({ ...named, ...wrong, analysisState: "RESOLVED" })).statusCode, JSON.stringify(wrong)).toBe(
        404,
      );
  });

  test("callers without credentials or permission", async () => {
    const named = await finding();
    expect((await server.request("PUT", "/api/v1/analysis", { body: named })).statusCode).toBe(401);
    const reader = await server.keyWith(["VIEW_VULNERABILITY"]);
    expect((await put({ ...named, analysisState: "RESOLVED" }, reader.key)).statusCode).toBe(403);
    const writer = await server.keyWith(["VULNERABILITY_ANALYSIS_UPDATE"]);
    expect((await put({ ...named, analysisState: "RESOLVED" }, writer.key)).statusCode).toBe(200);
    expect((await get(named, writer.key)).statusCode).toBe(403);
  });

  test("other teams' projects while access control is on", async () => {
    const named = await finding();
    const { project: _, ...unnamed } = named;
    await put({ ...named, analysisState: "RESOLVED" });
    const headers = { authorization: `Bearer ${await server.adminToken()}` };
    const switchTo = (propertyValue: string) =>
      server.request("POST", "/api/v1/configProperty", {
        headers,
        body: { groupName: "access-management", propertyName: "acl.enabled", propertyValue },
      });
    await switchTo("true");
    try {
      for (const wanted of [named, unnamed]) {
        expect((await get(wanted)).statusCode).toBe(403);
        expect((await put({ ...wanted, analysisState: "IN_TRIAGE" })).statusCode).toBe(403);
      }
    } finally {
      await switchTo("false");
    }
  });
});
