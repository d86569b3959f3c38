import { findingResponse } from "@evertrack/contract/v1/finding";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let seed: Seed;
let key: string;
let project: { id: number; uuid: string };

const UNKNOWN = "11111111-2222-3333-4444-555555555555";

beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_VULNERABILITY"])).key;
  project = await seed.project("Shown");
  const beta = await seed.identity("pkg:npm/beta@2.0.0", { group: "org" });
  const alpha = await seed.identity("pkg:npm/alpha@1.0.0");
  for (const identityId of [beta, alpha]) await seed.component(project.id, identityId);
  const advise = (id: string, severity: number, cvss: number, source?: string) =>
    seed.advisory({ id, severity, cvss, packageKey: "npm/x", ...(source === undefined ? {} : { source }) });
  await seed.match(await advise("V-critical", 5, 9.8, "NVD"), beta);
  await seed.match(await advise("V-low", 2, 3), beta);
  await seed.match(await advise("V-high", 4, 8), alpha);
  await seed.match(await advise("V-none", 0, -1), alpha);
});
afterAll(() => server?.close());

const list = (query = "", headers: Record<string, string> = {}, caller = key, uuid = project.uuid) =>
  server.request("GET", `/api/v1/finding/project/${uuid}?${query}`, { key: caller, headers });

interface Shown {
  component: { name: string; uuid: string };
  vulnerability: { vulnId: string; uuid: string; severity: string };
}

async function ids(query = ""): Promise<string[]> {
  const answer = await list(query);
  expect(answer.statusCode, answer.payload).toBe(200);
  return answer.json<Shown[]>().map(({ vulnerability }) => vulnerability.vulnId);
}

describe("a finding", () => {
  test("has exactly the members of the specification, those without a value left out", async () => {
    const full = await seed.project("Full");
    const identityId = await seed.identity("pkg:maven/org.example/full@1.0?type=jar", { group: "org.example" });
    await seed.rows(
      "update component_identity set cpe = 'cpe:2.3:a:x:full:1.0:*:*:*:*:*:*:*', scope = 'REQUIRED' where id = $1",
      [identityId],
    );
    const component = await seed.component(full.id, identityId);
    const id = await seed.advisory({ id: "CVE-2026-7", source: "NVD", severity: 5, cvss: 9.8, packageKey: "maven/x" });
    const [vulnerability] = await seed.rows<{ uuid: string }>(
      `update vulnerability set description = 'd', recommendation = 'r', cwes = '{79}',
         reference_links = '["https://example.org/a"]', cvss_v2_vector = 'v2', cvss_v2_score = 5, cvss_v3_vector = 'v3',
         cvss_v3_score = 9.8, cvss_v4_vector = 'v4', cvss_v4_score = 9.5 where id = $1 returning uuid`,
      [id],
    );
    await seed.rows("insert into epss_score values ('CVE-2026-7', 0.5, 0.97)");
    await seed.rows("insert into kev_assertion (vuln_id, source, asserter) values ('CVE-2026-7', 'NVD', 'CISA')");
    await seed.aliases("NVD CVE-2026-7", "GITHUB GHSA-aaaa-bbbb-cccc", "OSV PYSEC-7");
    await seed.match(id, identityId);
    await seed.rows("update component set first_seen = '2026-02-01Z' where project_id = $1", [full.id]);
    await seed.rows("update vulnerability_match set first_seen = '2026-03-01Z' where identity_id = $1", [identityId]);
    const answer = await list("", {}, key, full.uuid);
    expect(answer.json()).toEqual([
      {
        component: {
          uuid: component.uuid,
          name: "full",
          group: "org.example",
          version: "1.0",
          purl: "pkg:maven/org.example/full@1.0?type=jar",
          cpe: "cpe:2.3:a:x:full:1.0:*:*:*:*:*:*:*",
          scope: "REQUIRED",
          project: full.uuid,
          projectName: "Full",
          projectVersion: "1.0",
          hasOccurrences: false,
        },
        vulnerability: {
          uuid: vulnerability?.uuid,
          source: "NVD",
          vulnId: "CVE-2026-7",
          title: "Something about CVE-2026-7",
          description: "d",
          recommendation: "r",
          severity: "CRITICAL",
          severityRank: 0,
          cvssV2BaseScore: 5,
          cvssV2Vector: "v2",
          cvssV3BaseScore: 9.8,
          cvssV3Vector: "v3",
          cvssV4Score: 9.5,
          cvssV4Vector: "v4",
          epssScore: 0.5,
          epssPercentile: 0.97,
          cwes: [{ cweId: 79, name: expect.stringContaining("'Cross-site Scripting'") }],
          aliases: [{ ghsaId: "GHSA-aaaa-bbbb-cccc" }, { osvId: "PYSEC-7" }],
          published: Date.parse("2026-01-01T00:00:00Z"),
          references: "* [https://example.org/a](https://example.org/a)",
          isKev: true,
        },
        analysis: { state: "NOT_SET", isSuppressed: false },
        attribution: { analyzerIdentity: "INTERNAL_ANALYZER", attributedOn: Date.parse("2026-03-01T00:00:00Z") },
        matrix: `${full.uuid}:${component.uuid}:${vulnerability?.uuid}`,
      },
    ]);
    for (const finding of answer.json<unknown[]>()) expect(() => findingResponse.parse(finding)).not.toThrow();
  });

  test("without optional values leaves them out", async () => {
    const [finding] = (await list("searchText=V-none")).json<{ component: object; vulnerability: object }[]>();
    expect(finding?.component).not.toHaveProperty("group");
    expect(finding?.vulnerability).toMatchObject({ severity: "UNASSIGNED", severityRank: 5, cwes: [], aliases: [] });
    for (const member of ["epssScore", "cvssV3BaseScore", "description", "references"])
      expect(finding?.vulnerability).not.toHaveProperty(member);
  });

  test("is attributed when the later of component and match was first seen", async () => {
    const late = await seed.project();
    const [beta] = await seed.rows<{ id: number }>("select id from component_identity where name = 'beta'");
    await seed.component(late.id, beta?.id ?? 0);
    await seed.rows("update component set first_seen = '2030-01-01Z' where project_id = $1", [late.id]);
    const findings = (await list("", {}, key, late.uuid)).json<{ attribution: { attributedOn: number } }[]>();
    expect(findings.map(({ attribution }) => attribution.attributedOn)).toEqual([1_893_456_000_000, 1_893_456_000_000]);
  });
});

describe("the list of a project's findings", () => {
  test("is worst first unless told otherwise, and sorts by what clients sort by", async () => {
    const worstFirst = ["V-critical", "V-high", "V-low", "V-none"];
    expect(await ids()).toEqual(worstFirst);
    expect(await ids("sortName=&sortOrder=&searchText=")).toEqual(worstFirst);
    expect(await ids("sortName=vulnerability.severity&sortOrder=asc")).toEqual(worstFirst.toReversed());
    expect(await ids("sortName=vulnerability.severityRank&sortOrder=asc")).toEqual(worstFirst);
    expect(await ids("sortName=vulnerability.cvssV3BaseScore&sortOrder=desc")).toEqual(worstFirst);
    expect(await ids("sortName=vulnerability.vulnId&sortOrder=desc")).toEqual([...worstFirst].sort().reverse());
    expect(await ids("sortName=vulnerability.title")).toEqual([...worstFirst].sort());
    expect(await ids("sortName=component.name")).toEqual(["V-high", "V-none", "V-critical", "V-low"]);
    expect(await ids("sortName=component.group&sortOrder=desc")).toEqual(["V-critical", "V-low", "V-high", "V-none"]);
    for (const name of [
      "vulnerability.published",
      "vulnerability.epssScore",
      "component.version",
      "attribution.attributedOn",
    ])
      expect(await ids(`sortName=${name}`)).toHaveLength(4);
  });

  test("comes in pages with the number of all; beyond the last page the number stays", async () => {
    const page = async (query: string) => {
      const answer = await list(query);
      return [answer.headers["x-total-count"], answer.json<unknown[]>().length];
    };
    expect(await page("pageNumber=1&pageSize=3")).toEqual(["4", 3]);
    expect(await page("pageNumber=2&pageSize=3")).toEqual(["4", 1]);
    expect(await page("pageNumber=9&pageSize=3")).toEqual(["4", 0]);
    expect(await page("offset=3&limit=100")).toEqual(["4", 1]);
    expect(await page("pageNumber=9&pageSize=3&searchText=v-h")).toEqual(["1", 0]);
    expect([...(await ids("pageNumber=1&pageSize=3")), ...(await ids("pageNumber=2&pageSize=3"))]).toEqual(await ids());
  });

  test("is searched in names and ids, signs taken literally, and by UUID of component, vulnerability or both", async () => {
    expect(await ids("searchText=ALPH")).toEqual(["V-high", "V-none"]);
    expect(await ids("searchText=org")).toEqual(["V-critical", "V-low"]);
    expect(await ids("searchText=v-crit")).toEqual(["V-critical"]);
    for (const sign of ["%", "_", "\\"]) expect(await ids(`searchText=${encodeURIComponent(sign)}`)).toEqual([]);
    const [first] = (await list()).json<Shown[]>();
    const [component, vulnerability] = [first?.component.uuid ?? "", first?.vulnerability.uuid ?? ""];
    expect(await ids(`searchText=${component}`)).toEqual(["V-critical", "V-low"]);
    expect(await ids(`searchText=${vulnerability.toUpperCase()}`)).toEqual(["V-critical"]);
    expect(await ids(`searchText=${component}:${vulnerability}`)).toEqual(["V-critical"]);
    expect(await ids(`searchText=${component}:${UNKNOWN}`)).toEqual([]);
  });

  test("is limited to a source, whatever its case", async () => {
    expect(await ids("source=NVD")).toEqual(["V-critical"]);
    expect(await ids("source=osv")).toEqual(["V-high", "V-low", "V-none"]);
  });

  test("is empty for a project without findings", async () => {
    const empty = await list("", {}, key, (await seed.project()).uuid);
    expect([empty.statusCode, empty.json(), empty.headers["x-total-count"]]).toEqual([200, [], "0"]);
  });
});

describe("refused are", () => {
  test("bounds of EPSS that are no number from 0 to 1, with 400", async () => {
    for (const query of ["epssFrom=high", "epssTo=1.1", "epssFrom=-0.1", "epssTo=Infinity", "isKev=perhaps"])
      expect((await list(query)).statusCode, query).toBe(400);
    expect((await list("", { accept: "application/json, */*" })).statusCode).toBe(200);
  });

  test("fields that cannot be sorted by, with 400 and those that can", async () => {
    const answer = await list("sortName=vulnerability.nonsense");
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      type: "/problems/invalid-sort-field",
      invalid_field: "vulnerability.nonsense",
    });
    expect(answer.json<{ allowed_fields: string[] }>().allowed_fields).toContain("vulnerability.severity");
  });

  test("UUIDs, page numbers and flags that are none, with 400", async () => {
    expect((await list("", {}, key, "nonsense")).statusCode).toBe(400);
    expect((await list("pageNumber=x&pageSize=1")).statusCode).toBe(400);
    expect((await list("suppressed=perhaps")).statusCode).toBe(400);
  });

  test("callers without credentials or permission, and unknown projects", async () => {
    expect((await server.request("GET", `/api/v1/finding/project/${project.uuid}`)).statusCode).toBe(401);
    const { key: other } = await server.keyWith(["VIEW_PORTFOLIO", "VULNERABILITY_ANALYSIS"]);
    expect((await list("", {}, other)).statusCode).toBe(403);
    expect((await list("", {}, key, UNKNOWN)).statusCode).toBe(404);
  });

  test("other teams' projects while access control is on", async () => {
    const headers = { authorization: `Bearer ${await server.adminToken()}` };
    const switchTo = (value: string) =>
      server.request("POST", "/api/v1/configProperty", {
        headers,
        body: { groupName: "access-management", propertyName: "acl.enabled", propertyValue: value },
      });
    const mapped = await server.keyWith(["VIEW_VULNERABILITY"]);
    expect((await switchTo("true")).statusCode).toBe(200);
    const body = { team: mapped.teamUuid, project: project.uuid };
    expect((await server.request("PUT", "/api/v1/acl/mapping", { headers, body })).statusCode).toBe(200);
    const answers = [await list(), await list("", {}, mapped.key), await list("", {}, key, UNKNOWN)];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 200, 404]);
    const bypass = await server.keyWith(["VIEW_VULNERABILITY", "PORTFOLIO_ACCESS_CONTROL_BYPASS"]);
    expect((await list("", {}, bypass.key)).statusCode).toBe(200);
    await switchTo("false");
  });
});
