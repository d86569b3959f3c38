import { affectedProjectResponse, foundVulnerabilityResponse } from "@evertrack/contract/v1/affected-project";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const UNKNOWN = "11111111-2222-3333-4444-555555555555";
let server: TestServer;
let seed: Seed;
let key: string;
let one: { id: number; uuid: string };
let alphaInOne: { uuid: string };

beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
  one = await seed.project("One");
  const [two, old] = [await seed.project("Two"), await seed.project("Old")];
  await seed.rows("update project set inactive_since = now() where id = $1", [old.id]);
  const [alpha, beta] = [await seed.identity("pkg:npm/alpha@1.0.0"), await seed.identity("pkg:npm/beta@2.0.0")];
  alphaInOne = await seed.component(one.id, alpha);
  for (const { id } of [two, old]) await seed.component(id, alpha);
  await seed.component(one.id, beta);
  const shared = await seed.advisory({ id: "CVE-2026-1", source: "NVD", severity: 3, packageKey: "npm/x" });
  const worse = await seed.advisory({ id: "V-worse", severity: 5, packageKey: "npm/x" });
  for (const identity of [alpha, beta]) await seed.match(shared, identity);
  await seed.match(worse, alpha);
  await seed.rows(
    "insert into finding_analysis (project_id, identity_id, vulnerability_id, suppressed) values ($1, $2, $3, true)",
    [two.id, alpha, shared],
  );
});
afterAll(() => server?.close());

const get = (path: string, caller = key) => server.request("GET", `/api/v1/vulnerability/${path}`, { key: caller });

describe("projects a vulnerability affects", () => {
  const names = async (query = "", name = "source/nvd/vuln/CVE-2026-1") => {
    const answer = await get(`${name}/projects?${query}`);
    expect(answer.statusCode, answer.payload).toBe(200);
    expect(affectedProjectResponse.array().parse(answer.json())).toEqual(answer.json());
    return [answer.json<{ name: string }[]>().map((project) => project.name), answer.headers["x-total-count"]];
  };

  test("are those with a finding that is not suppressed, with the components that have it", async () => {
    expect(await names()).toEqual([["Old", "One"], "2"]);
    expect(await names("excludeInactive=true")).toEqual([["One"], "1"]);
    expect(await names("searchText=oN&sortName=&sortOrder=")).toEqual([["One"], "1"]);
    expect(await names("pageNumber=2&pageSize=1&sortName=name&sortOrder=desc")).toEqual([["Old"], "2"]);
    expect(await names("pageNumber=9&pageSize=1")).toEqual([[], "2"]);
    expect(await names("", "source/NVD/vuln/CVE-none")).toEqual([[], "0"]);
    const [, shown] = (await get("source/NVD/vuln/CVE-2026-1/projects")).json();
    expect(shown).toMatchObject({ uuid: one.uuid, active: true, dependencyGraphAvailable: false });
    expect(shown.affectedComponentUuids).toHaveLength(2);
    expect(shown.affectedComponentUuids).toContain(alphaInOne.uuid);
  });
});

describe("vulnerabilities", () => {
  const ids = async (path: string) => {
    const answer = await get(path);
    expect(answer.statusCode, answer.payload).toBe(200);
    expect(foundVulnerabilityResponse.array().parse(answer.json())).toEqual(answer.json());
    const found = answer.json<{ vulnId: string; components: { name: string }[] }[]>();
    return found.map(({ vulnId, components }) => `${vulnId} ${components.map(({ name }) => name)}`);
  };

  test("of a component and of a project come worst first, each once, with the components that have it", async () => {
    expect(await ids(`component/${alphaInOne.uuid}`)).toEqual(["V-worse alpha", "CVE-2026-1 alpha"]);
    expect(await ids(`component/${alphaInOne.uuid}?pageNumber=2&pageSize=1`)).toEqual(["CVE-2026-1 alpha"]);
    expect(await ids(`project/${one.uuid}`)).toEqual(["V-worse alpha", "CVE-2026-1 alpha,beta"]);
    expect((await get(`component/${alphaInOne.uuid}`)).headers["x-total-count"]).toBe("2");
  });

  test("are left out where they are suppressed, unless asked for", async () => {
    const [two] = await seed.rows<{ uuid: string }>("select uuid from project where name = 'Two'");
    expect(await ids(`project/${two?.uuid}`)).toEqual(["V-worse alpha"]);
    expect(await ids(`project/${two?.uuid}?suppressed=true`)).toEqual(["V-worse alpha", "CVE-2026-1 alpha"]);
  });

  test("of what there is not are 404, without the permission 403", async () => {
    const { key: other } = await server.keyWith(["VIEW_VULNERABILITY"]);
    for (const path of ["component", "project"]) {
      expect((await get(`${path}/${UNKNOWN}`)).statusCode).toBe(404);
      expect((await get(`${path}/${UNKNOWN}`, other)).statusCode).toBe(403);
    }
  });
});
