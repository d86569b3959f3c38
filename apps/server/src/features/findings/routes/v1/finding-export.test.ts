import { findingResponse } from "@evertrack/contract/v1/finding";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const UNKNOWN = "11111111-2222-3333-4444-555555555555";
/** More than one batch. */
const MANY = 1_203;

let server: TestServer;
let seed: Seed;
let key: string;
let project: { id: number; uuid: string };
let many: { id: number; uuid: string };
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_VULNERABILITY"])).key;
  project = await seed.project("Exported");
  const component = await seed.identity("pkg:npm/left@1.0.0", { group: "org" });
  await seed.component(project.id, component);
  for (const [id, severity] of [
    ["V-open", 5],
    ["V-hidden", 3],
  ] as const)
    await seed.match(await seed.advisory({ id, severity, cvss: 9, packageKey: "npm/left" }), component);
  await seed.rows(
    `insert into finding_analysis (project_id, identity_id, vulnerability_id, state, details, suppressed)
     select $1, $2, id, 'NOT_AFFECTED', 'never called', true from vulnerability where vuln_id = 'V-hidden'`,
    [project.id, component],
  );
  many = await seed.project("Many");
  const crowded = await seed.identity("pkg:npm/crowded@1");
  await seed.component(many.id, crowded);
  await seed.rows(
    `insert into vulnerability (source, vuln_id, severity) select 'OSV', 'M-' || n, n % 6 from generate_series(1, $1::int) n`,
    [MANY],
  );
  await seed.rows(
    `insert into vulnerability_match (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
     select id, $1, severity, -1, -1, 'epoch', '{internal}' from vulnerability where vuln_id like 'M-%'`,
    [crowded],
  );
});
afterAll(() => server?.close());

const fpf = (uuid = project.uuid, caller = key) =>
  server.request("GET", `/api/v1/finding/project/${uuid}/export`, { key: caller });
const sarif = (query = "", uuid = project.uuid) =>
  server.request("GET", `/api/v1/finding/project/${uuid}?${query}`, {
    key,
    headers: { accept: "application/sarif+json" },
  });

interface Sarif {
  version: string;
  runs: {
    results: { ruleId: string; level: string; rule: { guid: string }; suppressions?: object[] }[];
    tool: { driver: { name: string; rules: { id: string; guid: string }[] } };
  }[];
}

describe("the file of findings (FPF)", () => {
  test("is version 1.5 with what is known of the project, its findings as lists show them, suppressed ones left out", async () => {
    const answer = await fpf();
    expect([answer.statusCode, answer.headers["content-disposition"]]).toEqual([
      200,
      `attachment; filename="findings-${project.uuid}.fpf"`,
    ]);
    const file = answer.json();
    expect(file).toMatchObject({
      version: "1.5",
      meta: { application: "Evertrack", version: expect.any(String), timestamp: expect.stringMatching(/^\d{4}-/) },
      project: { uuid: project.uuid, name: "Exported", version: "1.0" },
    });
    const listed = await server.request("GET", `/api/v1/finding/project/${project.uuid}`, { key });
    expect(file.findings).toEqual(listed.json());
    expect(file.findings).toHaveLength(1);
    for (const finding of file.findings) expect(() => findingResponse.parse(finding)).not.toThrow();
  });

  test("has every finding of a project of more than one batch, each once", async () => {
    const { findings } = (await fpf(many.uuid)).json<{ findings: { matrix: string }[] }>();
    expect(new Set(findings.map(({ matrix }) => matrix)).size).toBe(MANY);
    expect(findings).toHaveLength(MANY);
  });

  test("of a project without findings has none", async () => {
    expect((await fpf((await seed.project()).uuid)).json().findings).toEqual([]);
  });
});

describe("findings as SARIF", () => {
  test("are results whose rules are there, with levels the format knows", async () => {
    const answer = await sarif();
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "application/sarif+json"]);
    const { version, runs } = answer.json<Sarif>();
    expect([version, runs.length]).toEqual(["2.1.0", 1]);
    expect(runs[0]?.results).toMatchObject([
      {
        ruleId: "V-open",
        level: "error",
        message: { text: "org:left:1.0.0 is affected by V-open: Something about V-open" },
        locations: [{ logicalLocations: [{ fullyQualifiedName: "pkg:npm/left@1.0.0" }] }],
      },
    ]);
    expect(runs[0]?.tool.driver).toMatchObject({ name: "Evertrack", rules: [{ id: "V-open" }] });
  });

  test("are suppressed in its words where suppressed ones are asked for", async () => {
    const [run] = (await sarif("suppressed=true")).json<Sarif>().runs;
    const hidden = run?.results.find(({ ruleId }) => ruleId === "V-hidden");
    expect(hidden?.suppressions).toEqual([
      { kind: "external", status: "accepted", justification: "NOT_AFFECTED: never called" },
    ]);
  });

  test("are narrowed as lists are", async () => {
    const results = async (query: string) => (await sarif(query)).json<Sarif>().runs[0]?.results.length;
    expect([await results("source=NVD"), await results("searchText=lef"), await results("searchText=x")]).toEqual([
      0, 1, 0,
    ]);
  });

  test("keep the promises of the schema for a project of more than one batch", async () => {
    const [run] = (await sarif("", many.uuid)).json<Sarif>().runs;
    const rules = new Map(run?.tool.driver.rules.map(({ id, guid }) => [guid, id]));
    expect([run?.results.length, rules.size]).toEqual([MANY, MANY]);
    for (const { level, ruleId, rule } of run?.results ?? []) {
      expect(["none", "note", "warning", "error"]).toContain(level);
      expect(rules.get(rule.guid)).toBe(ruleId);
    }
  });
});

describe("refused are", () => {
  test("UUIDs that are none, unknown projects, and callers without credentials or permission", async () => {
    expect((await fpf("x")).statusCode).toBe(400);
    expect((await fpf(UNKNOWN)).statusCode).toBe(404);
    expect((await sarif("", UNKNOWN)).statusCode).toBe(404);
    expect((await server.request("GET", `/api/v1/finding/project/${project.uuid}/export`)).statusCode).toBe(401);
    expect((await fpf(project.uuid, (await server.keyWith(["VIEW_PORTFOLIO"])).key)).statusCode).toBe(403);
  });

  test("other teams' projects while access control is on", async () => {
    const headers = { authorization: `Bearer ${await server.adminToken()}` };
    const switchTo = (propertyValue: string) =>
      server.request("POST", "/api/v1/configProperty", {
        headers,
        body: { groupName: "access-management", propertyName: "acl.enabled", propertyValue },
      });
    await switchTo("true");
    try {
      expect([(await fpf()).statusCode, (await sarif()).statusCode]).toEqual([403, 403]);
    } finally {
      await switchTo("false");
    }
  });
});
