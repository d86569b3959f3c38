import { listComponentsResponse } from "@evertrack/contract/v2/components";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { expectIsolation, expectRefusals, projectWithComponent, type Refusable, UNKNOWN } from "../../testing.ts";

let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
});
afterAll(() => server?.close());

const list = async (path: string, caller = key) => {
  const answer = await server.request("GET", path, { key: caller });
  expect(answer.statusCode, answer.payload).toBe(200);
  const parsed = listComponentsResponse.strict().parse(answer.json());
  return { ...parsed, names: parsed.items.map(({ name, group }) => (group === undefined ? name : `${group}/${name}`)) };
};

/** Every page of a list, by tokens; pages neither overlap nor leave anything out. */
async function pages(path: string, limit: number): Promise<string[][]> {
  const found: string[][] = [];
  let token: string | undefined;
  do {
    const page = await list(`${path}&limit=${limit}${token === undefined ? "" : `&page_token=${token}`}`);
    found.push(page.names);
    token = page.next_page_token;
  } while (token !== undefined && found.length < 50);
  return found;
}

const PROJECT_LIST: Refusable = {
  method: "GET",
  path: ({ project }) => `/api/v2/projects/${project}/components`,
  permission: "VIEW_PORTFOLIO",
  status: 200,
};
const CREATION: Refusable = {
  method: "POST",
  path: () => "/api/v2/components",
  body: ({ project }) => ({ project_uuid: project, name: "made" }),
  permission: "PORTFOLIO_MANAGEMENT_UPDATE",
  status: 201,
};

describe.each([
  ["the list of a project", PROJECT_LIST],
  ["creation", CREATION],
])("%s", (_, route) => {
  test("refuses who may not and what is not there", () => expectRefusals(server, route));
  test("refuses other teams' projects", () => expectIsolation(server, route));
});

describe("components of a project", () => {
  const GROUPED = [
    ["b", "one"],
    ["a", "two"],
    [undefined, "three"],
    ["a", "one"],
    [undefined, "four"],
  ] as const;

  async function filled() {
    const project = await seed.project();
    const identities: number[] = [];
    for (const [group, name] of GROUPED)
      identities.push(await seed.identity(null, { name, ...(group === undefined ? {} : { group }) }));
    for (const identity of identities) await seed.component(project.id, identity);
    return { ...project, identities, path: `/api/v2/projects/${project.uuid}/components` };
  }

  test("come in pages that neither overlap nor leave anything out, in every order", async () => {
    const { path } = await filled();
    const byGroup = ["a/one", "a/two", "b/one", "four", "three"];
    expect(await pages(`${path}?sort_by=group`, 2)).toEqual([byGroup.slice(0, 2), byGroup.slice(2, 4), ["three"]]);
    expect((await pages(`${path}?sort_by=group&sort_direction=DESC`, 2)).flat()).toEqual([
      "b/one",
      "a/two",
      "a/one",
      "three",
      "four",
    ]);
    for (const sort of ["name", "last_inherited_risk_score", "package_artifact_metadata.published_at"])
      for (const direction of ["ASC", "DESC"]) {
        const all = (await pages(`${path}?sort_by=${sort}&sort_direction=${direction}`, 2)).flat();
        expect([...all].sort(), `${sort} ${direction}`).toEqual([...byGroup].sort());
      }
    expect((await list(path)).total).toEqual({ count: 5, type: "EXACT" });
  });

  test("are found by a text in group or name, whatever its case and characters", async () => {
    const { path } = await filled();
    expect((await list(`${path}?q=TW`)).names).toEqual(["a/two"]);
    expect((await list(`${path}?q=b`)).names).toEqual(["b/one"]);
    expect((await list(`${path}?q=%25`)).names).toEqual([]);
  });

  test("are narrowed to direct ones by the graph; none is outdated while that is not known", async () => {
    const { id, path, identities } = await filled();
    expect((await list(`${path}?only_direct=true`)).names).toEqual([]);
    await seed.rows("update project set bom_digest = 'x' where id = $1", [id]);
    await seed.rows("insert into project_graph values ($1, $2, true, 1, 'd', 'x')", [id, [identities[1]]]);
    const direct = await list(`${path}?only_direct=true`);
    expect([direct.names, direct.total.count]).toEqual([["a/two"], 1]);
    expect(await list(`${path}?only_outdated=true`)).toMatchObject({ items: [], total: { count: 0, type: "EXACT" } });
  });

  test("show their vulnerabilities, worst first when asked, and only expanded what was asked for", async () => {
    const { path, identities } = await filled();
    const [worse, bad] = [identities[3] ?? 0, identities[2] ?? 0];
    const critical = await seed.advisory({ id: "OSV-2026-1", packageKey: "npm/x", severity: 5 });
    const high = await seed.advisory({ id: "OSV-2026-2", packageKey: "npm/x", severity: 4 });
    await seed.match(critical, worse);
    await seed.match(high, worse);
    await seed.match(high, bad);
    const found = await list(`${path}?sort_by=last_inherited_risk_score&sort_direction=DESC&expand=metrics&expand=x`);
    expect(found.names.slice(0, 2)).toEqual(["a/one", "three"]);
    expect(found.items[0]).toMatchObject({
      last_inherited_risk_score: 15,
      metrics: { critical: 1, high: 1, vulnerabilities: 2, inherited_risk_score: 15 },
    });
    expect(found.items[4]).toMatchObject({ last_inherited_risk_score: 0, metrics: { vulnerabilities: 0 } });
    const plain = (await list(path)).items[0];
    expect(plain).not.toHaveProperty("metrics");
    expect(plain).not.toHaveProperty("occurrence_count");
    expect((await list(`${path}?expand=occurrence_count`)).items[0]).toMatchObject({ occurrence_count: 0 });
    expect((await pages(`${path}?sort_by=last_inherited_risk_score&sort_direction=DESC`, 1)).flat()).toEqual(
      found.names,
    );
  });

  test("a field they cannot be sorted by, a foreign token, and a token of another order are refused", async () => {
    const { path } = await filled();
    const status = async (query: string) => {
      const answer = await server.request("GET", `${path}?${query}`, { key });
      return [answer.statusCode, answer.json<{ type?: string; allowed_fields?: string[] }>()] as const;
    };
    const [code, problem] = await status("sort_by=version");
    expect([code, problem.type]).toEqual([400, "/problems/invalid-sort-field"]);
    expect(problem.allowed_fields).toContain("last_inherited_risk_score");
    const token = (await list(`${path}?limit=1`)).next_page_token ?? "";
    for (const query of [
      "page_token=nonsense",
      `page_token=${token}&sort_by=group`,
      `page_token=${token}&sort_direction=DESC`,
      `page_token=${Buffer.from('{"sort":"risk","descending":false,"key":"x","name":"a","id":1,"project":1}').toString("base64url")}`,
      "limit=0",
      "limit=1001",
      "only_direct=maybe",
    ])
      expect((await status(query))[0], query).toBe(400);
  });
});

describe("components of the portfolio", () => {
  let other: { id: number; uuid: string };
  beforeAll(async () => {
    await seed.rows("truncate project cascade");
    await seed.rows("truncate component_identity cascade");
    const first = await seed.project("first");
    other = await seed.project("other");
    await seed.rows("update project set inactive_since = now() where id = $1", [other.id]);
    await seed.rows("update project set is_latest = true where id = $1", [first.id]);
    for (const [project, purl, group] of [
      [first.id, "pkg:maven/org.example/Alpha@1.0", "org.example"],
      [first.id, "pkg:npm/beta@2.0", undefined],
      [other.id, "pkg:npm/beta-tools@2.1", undefined],
    ] as const) {
      const identity = await seed.identity(purl, group === undefined ? {} : { group });
      await seed.component(project, identity);
    }
    await seed.rows(
      "update component_identity set cpe = 'cpe:2.3:a:x:beta:2.0:*:*:*:*:*:*:*', swid_tag_id = 'swid-Beta' where name = 'beta'",
    );
    await seed.rows(
      `with d as (insert into component_detail (key, content)
         select component_detail_key(x), x from (select '{"hashes":{"sha1":"A9993E364706816ABA3E25717850C26C9CD0D89D","md5":"00000000000000000000000000000000"}}'::jsonb as x) t returning id)
       update component set detail_id = (select id from d)
       where identity_id = (select id from component_identity where name = 'beta-tools')`,
    );
  });

  const SHA1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
  const FILTERS: [string, string[]][] = [
    ["", ["org.example/Alpha", "beta", "beta-tools"]],
    ["group_contains=EXAMPLE", ["org.example/Alpha"]],
    ["name_contains=ETA", ["beta", "beta-tools"]],
    ["name_contains=eta&version_contains=2.1", ["beta-tools"]],
    ["purl_prefix=pkg%3Anpm%2Fbeta", ["beta", "beta-tools"]],
    ["purl_prefix=pkg%3Amaven%2Forg.example%2FALPHA", ["org.example/Alpha"]],
    ["cpe=CPE:2.3:a:x:beta:2.0:*:*:*:*:*:*:*", ["beta"]],
    ["swid_tag_id_contains=beta", ["beta"]],
    [`hash_type=SHA1&hash=${SHA1}`, ["beta-tools"]],
    [`hash_type=SHA1&hash=${SHA1.toUpperCase()}`, ["beta-tools"]],
    [`hash_type=MD5&hash=${SHA1}`, []],
    ["project_state=ACTIVE", ["org.example/Alpha", "beta"]],
    ["project_state=INACTIVE", ["beta-tools"]],
    ["project_latest_version=true", ["org.example/Alpha", "beta"]],
    ["project_latest_version=false", ["beta-tools"]],
    ["package_artifact_published_since=0", []],
    ["name_contains=%25", []],
  ];
  test.each(FILTERS)("are found by %s", async (query, expected) => {
    const found = await list(`/api/v2/components?${query}`);
    expect(found.names).toEqual(expected);
    expect(found.total).toEqual({ count: expected.length, type: "EXACT" });
  });

  test("say which project they are in, and come in pages", async () => {
    const { items } = await list("/api/v2/components?name_contains=tools&expand=occurrence_count");
    expect(items).toMatchObject([
      { project: { uuid: other.uuid, name: "other", version: "1.0" }, hashes: { md5: expect.any(String) } },
    ]);
    expect(items[0]).not.toHaveProperty("occurrence_count");
    for (const sort of ["name", "group", "last_inherited_risk_score"])
      expect((await pages(`/api/v2/components?sort_by=${sort}`, 1)).flat().sort()).toEqual(
        ["org.example/Alpha", "beta", "beta-tools"].sort(),
      );
  });

  test.each([
    "hash=00",
    "hash_type=CRC32&hash=00",
    "purl_prefix=npm",
    "project_state=GONE",
    "project_latest_version=perhaps",
    "package_artifact_published_since=yesterday",
    "sort_by=purl",
    "name_contains=%00",
  ])("are not looked for by %s", async (query) => {
    expect((await server.request("GET", `/api/v2/components?${query}`, { key })).statusCode).toBe(400);
  });

  test("of other teams are neither listed nor counted, in v1 no more than in v2", async () => {
    const headers = { authorization: `Bearer ${await server.adminToken()}` };
    const property = { groupName: "access-management", propertyName: "acl.enabled" };
    const turn = (propertyValue: string) =>
      server.request("POST", "/api/v1/configProperty", { headers, body: { ...property, propertyValue } });
    const mapped = await server.keyWith(["VIEW_PORTFOLIO"]);
    const body = { team: mapped.teamUuid, project: other.uuid };
    await server.request("PUT", "/api/v1/acl/mapping", { headers, body });
    await turn("true");
    try {
      const seen = await list("/api/v2/components?name_contains=eta", mapped.key);
      expect([seen.names, seen.total]).toEqual([["beta-tools"], { count: 1, type: "EXACT" }]);
      const nobody = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
      expect((await list("/api/v2/components", nobody)).total.count).toBe(0);
      for (const path of ["identity?name=beta", `hash/${SHA1}`]) {
        const ask = (caller: string) => server.request("GET", `/api/v1/component/${path}`, { key: caller });
        const [own, foreign] = [await ask(mapped.key), await ask(nobody)];
        expect([own.json<object[]>().length, own.headers["x-total-count"]], path).toEqual([1, "1"]);
        expect([foreign.json(), foreign.headers["x-total-count"]], path).toEqual([[], "0"]);
      }
      const elsewhere = `/api/v1/component/identity?name=beta&project=${other.uuid}`;
      const stranger = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
      expect((await server.request("GET", elsewhere, { key: stranger })).statusCode).toBe(403);
    } finally {
      await turn("false");
    }
  });

  const V1: [string, string[]][] = [
    ["identity", []],
    ["identity?name=BETA", ["beta", "beta-tools"]],
    ["identity?group=org.example&name=alpha&version=1.0", ["Alpha"]],
    ["identity?purl=pkg:npm/beta@2.0", ["beta"]],
    ["identity?cpe=cpe:2.3:a:x:beta:2.0:*:*:*:*:*:*:*", ["beta"]],
    ["identity?swidTagId=swid", ["beta"]],
    ["identity?name=beta&excludeInactiveProjects=true", ["beta"]],
    ["identity?name=beta&onlyLatestProjectVersions=true", ["beta"]],
    ["identity?name=beta&sortName=name&sortOrder=desc", ["beta-tools", "beta"]],
    [`hash/${SHA1}`, ["beta-tools"]],
    ["hash/00000000000000000000000000000000", ["beta-tools"]],
    ["hash/abc", []],
    ["hash/nonsense", []],
  ];
  test.each(V1)("are found in v1 by %s", async (query, expected) => {
    const answer = await server.request("GET", `/api/v1/component/${query}`, { key });
    expect(answer.statusCode, answer.payload).toBe(200);
    expect(answer.json<{ name: string }[]>().map(({ name }) => name)).toEqual(expected);
    expect(answer.headers["x-total-count"]).toBe(String(expected.length));
    expect(answer.headers["x-api-deprecated"]).toBe("true");
  });

  test("searches refuse who may not, what they cannot sort by, and a project that is not there", async () => {
    const other = (await server.keyWith(["VIEW_VULNERABILITY"])).key;
    for (const path of ["/api/v1/component/identity?name=a", `/api/v1/component/hash/${SHA1}`, "/api/v2/components"]) {
      expect((await server.request("GET", path)).statusCode, path).toBe(401);
      expect((await server.request("GET", path, { key: other })).statusCode, path).toBe(403);
    }
    const status = async (query: string) =>
      (await server.request("GET", `/api/v1/component/identity?${query}`, { key })).statusCode;
    expect(await status("name=a&sortName=uuid")).toBe(400);
    expect(await status("purl=nonsense")).toBe(400);
    expect(await status("project=nonsense&name=a")).toBe(400);
    expect(await status(`project=${UNKNOWN}&name=a`)).toBe(404);
  });
});

test("a component made in v2 has what was said of it, and its place is told", async () => {
  const { project } = await projectWithComponent(seed);
  const body = {
    project_uuid: project,
    name: "made",
    version: "1",
    purl: "pkg:npm/made@1",
    hashes: { sha256: "AB".repeat(32) },
    internal: true,
    license_expression: "MIT OR ISC",
    swid_tag_id: "swid",
    supplier: { name: "S" },
    notes: "n",
  };
  const answer = await server.request("POST", "/api/v2/components", { key, body });
  expect([answer.statusCode, answer.payload]).toEqual([201, ""]);
  const made = await server.request("GET", String(answer.headers.location), { key });
  expect(made.json()).toMatchObject({
    name: "made",
    purl: "pkg:npm/made@1",
    sha256: "ab".repeat(32),
    isInternal: true,
    licenseExpression: "MIT OR ISC",
    swidTagId: "swid",
    supplier: { name: "S" },
    notes: "n",
  });
  expect((await server.request("POST", "/api/v2/components", { key, body })).statusCode).toBe(409);
  const wrong = await server.request("POST", "/api/v2/components", { key, body: { ...body, purl: "made" } });
  expect([wrong.statusCode, wrong.json()]).toMatchObject([400, { errors: [{ path: "purl", value: "made" }] }]);
});
