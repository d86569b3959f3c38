import { explanationResponse } from "@evertrack/contract/v2/explanation";
import { type ProjectFixesResponse, projectFixesResponse } from "@evertrack/contract/v2/fixes";
import { compareVersions } from "@evertrack/matching";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { expectIsolation, expectRefusals, type Refusable } from "../../../components/testing.ts";
import { matchIdentities } from "../../commands/match-identities.ts";

let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_VULNERABILITY"])).key;
});
afterAll(() => server?.close());

async function fixes(project: string, query = ""): Promise<ProjectFixesResponse> {
  const answer = await server.request("GET", `/api/v2/projects/${project}/fixes?${query}`, { key });
  expect(answer.statusCode, answer.payload).toBe(200);
  return projectFixesResponse.strict().parse(answer.json());
}

/** A project that has these, matched. */
async function projectWith(...purls: string[]) {
  const project = await seed.project();
  const ids = new Map<string, number>();
  const uuids = new Map<string, string>();
  for (const purl of purls) {
    const id = await seed.identity(purl);
    ids.set(purl, id);
    uuids.set(purl, (await seed.component(project.id, id)).uuid);
  }
  await server.database.transaction((tx) => matchIdentities(tx, [...ids.values()]));
  return { ...project, ids, uuids };
}

/** A graph of the project's components, by purl. */
async function graph(
  project: Awaited<ReturnType<typeof projectWith>>,
  direct: string[],
  edges: Record<string, string[]>,
) {
  const ids = (purls: string[]) => purls.map((purl) => project.ids.get(purl) ?? 0).sort((a, b) => a - b);
  await seed.rows("update project set bom_digest = 'x' where id = $1", [project.id]);
  await seed.rows("insert into project_graph values ($1, $2, true, 9, 'd', 'x')", [project.id, ids(direct)]);
  for (const [from, to] of Object.entries(edges))
    await seed.rows("insert into component_graph values ($1, $2, $3)", [project.id, project.ids.get(from), ids(to)]);
}

describe("fixes of a project", () => {
  const route: Refusable = {
    method: "GET",
    path: ({ project }) => `/api/v2/projects/${project}/fixes`,
    permission: "VIEW_VULNERABILITY",
    status: 200,
  };
  test("refuse who may not and what is not there", () => expectRefusals(server, route));
  test("refuse other teams' projects", () => expectIsolation(server, route));
});

test("the fix is the lowest version that no advisory of the package affects, and what brings the component in is told", async () => {
  await seed.advisory({ id: "V-1", packageKey: "npm/lib", ranges: [{ fixed: "1.2.0" }], severity: 3 });
  await seed.advisory({
    id: "V-2",
    packageKey: "npm/lib",
    ranges: [{ introduced: "1.1.0", fixed: "1.4.0" }],
    severity: 5,
  });
  await seed.advisory({ id: "V-3", packageKey: "npm/lib", ranges: [{ fixed: "1.1.5" }], rejected: true });
  const [app, middle, lib] = ["pkg:npm/app@1.0.0", "pkg:npm/middle@2.0.0", "pkg:npm/lib@1.0.0"] as const;
  const project = await projectWith(app, middle, lib);
  await graph(project, [app], { [app]: [middle], [middle]: [lib] });
  expect(await fixes(project.uuid)).toEqual({
    graph: "COMPLETE",
    items: [
      {
        component: { uuid: project.uuids.get(lib), name: "lib", version: "1.0.0", purl: lib },
        severity: "MEDIUM",
        findings: 1,
        vulnerabilities: [{ source: "OSV", vuln_id: "V-1", severity: "MEDIUM", fixed_in: "1.2.0" }],
        fix: { status: "FIXED", version: "1.4.0", remaining: 0, candidates: 2, exact: true },
        direct: false,
        via: [{ uuid: project.uuids.get(app), name: "app", version: "1.0.0", purl: app }],
        via_truncated: false,
      },
    ],
    total: { count: 1, type: "EXACT" },
  });
  const path = `/api/v2/components/${project.uuids.get(lib)}/findings/OSV/V-1/explanation`;
  const explained = explanationResponse.strict().parse((await server.request("GET", path, { key })).json());
  expect(explained.fix).toMatchObject({
    status: "FIXED",
    version: "1.4.0",
    fixed_in: "1.2.0",
    graph: "COMPLETE",
    direct: false,
    via: [{ name: "app" }],
  });
});

test("a version every line of which is affected is told with what is left; suppressed findings are left aside", async () => {
  await seed.advisory({ id: "W-1", packageKey: "npm/left", ranges: [{ fixed: "2.0.0" }] });
  await seed.advisory({ id: "W-2", packageKey: "npm/left", ranges: [{ fixed: "3.0.0" }] });
  const open = await seed.advisory({ id: "W-3", packageKey: "npm/left", ranges: [{}] });
  const purl = "pkg:npm/left@1.0.0";
  const project = await projectWith(purl);
  const fix = async () => (await fixes(project.uuid)).items[0]?.fix;
  expect(await fix()).toMatchObject({ status: "PARTLY_FIXED", version: "3.0.0", remaining: 1 });
  await seed.rows(
    "insert into finding_analysis (project_id, identity_id, vulnerability_id, suppressed) values ($1, $2, $3, true)",
    [project.id, project.ids.get(purl), open],
  );
  expect(await fix()).toMatchObject({ status: "FIXED", version: "3.0.0", remaining: 0 });
  expect((await fixes(project.uuid)).items[0]).toMatchObject({ findings: 2, direct: false, via: [] });
  expect((await fixes(project.uuid)).graph).toBe("MISSING");
});

test("releases of a distribution have their own fixes, and epochs are kept", async () => {
  const entry = (distro: string, fixed: string) => ({ packageKey: "deb/debian/tool", distro, ranges: [{ fixed }] });
  const id = await seed.advisory({ id: "D-1", ...entry("debian-11", "1:2.0-1") });
  await seed.affects(id, 1, entry("debian-12", "1:2.0-1+deb12u1"));
  const project = await projectWith("pkg:deb/debian/tool@1.0-1?distro=debian-12&epoch=1");
  expect((await fixes(project.uuid)).items[0]?.fix).toMatchObject({
    status: "FIXED",
    version: "1:2.0-1+deb12u1",
    candidates: 1,
  });
});

test("a component that CPEs name is fixed where their ranges end", async () => {
  const id = await seed.advisory({ id: "CVE-2026-9", source: "NVD", packageKey: "npm/none" });
  const affects = (ordinal: number, vendor: string, end: string) =>
    seed.rows(
      `insert into vulnerability_affected_cpe (vulnerability_id, ordinal, product_key, vendor, cpe, end_excluding)
       values ($1, $2, 'tool', $3, 'cpe:2.3:a:' || $3 || ':tool:*:*:*:*:*:*:*:*', $4)`,
      [id, ordinal, vendor, end],
    );
  await affects(0, "acme", "1.5");
  await affects(1, "other", "1.4.5");
  const project = await seed.project();
  const identityId = await seed.identity(null);
  await seed.rows("update component_identity set cpe = 'cpe:2.3:a:acme:tool:1.4:*:*:*:*:*:*:*' where id = $1", [
    identityId,
  ]);
  await seed.component(project.id, identityId);
  await server.database.transaction((tx) => matchIdentities(tx, [identityId]));
  expect((await fixes(project.uuid)).items[0]?.fix).toMatchObject({ status: "FIXED", version: "1.5", candidates: 1 });
});

test("raised to the advised version a component has no findings, and lowered below it by one candidate it has", async () => {
  const seedOf = Number(process.env.EVERTRACK_TEST_SEED ?? Date.now() % 2 ** 31);
  console.info(`fixes: EVERTRACK_TEST_SEED=${seedOf}`);
  const version = fc.tuple(fc.nat(3), fc.nat(4), fc.nat(3)).map((parts) => parts.join("."));
  const range = fc.record({ introduced: version, fixed: version }, { requiredKeys: [] });
  const packages = fc.sample(fc.array(range, { minLength: 1, maxLength: 6 }), { numRuns: 40, seed: seedOf });
  for (const [index, ranges] of packages.entries())
    for (const [entry, one] of ranges.entries())
      await seed.advisory({ id: `R-${index}-${entry}`, packageKey: `npm/random-${index}`, ranges: [one] });
  const project = await projectWith(...packages.map((_, index) => `pkg:npm/random-${index}@1.0.0`));
  const statuses = new Map<string, number>();
  for (const { component, fix, findings } of (await fixes(project.uuid)).items) {
    statuses.set(fix.status, (statuses.get(fix.status) ?? 0) + 1);
    const index = Number(component.name.split("-")[1]);
    const found = async (at: string) => {
      const id = await seed.identity(`pkg:npm/${component.name}@${at}`);
      return (await server.database.transaction((tx) => matchIdentities(tx, [id]))).added.length;
    };
    const named = (packages[index] ?? []).flatMap(({ fixed }) => fixed ?? []);
    const between = new Set(named.filter((at) => compareVersions("npm", at, "1.0.0") > 0));
    let fewest = findings;
    for (const at of [...between].sort((a, b) => compareVersions("npm", a, b))) {
      const left = await found(at);
      fewest = Math.min(fewest, left);
      if (at === fix.version) expect(left).toBe(fix.remaining);
      else if (fix.version === undefined || compareVersions("npm", at, fix.version) < 0)
        expect(left).toBeGreaterThan(fix.version === undefined ? findings - 1 : fix.remaining);
    }
    expect(fix.status === "FIXED" ? 0 : fix.remaining).toBe(fix.status === "FIXED" ? fix.remaining : fewest);
  }
  expect(statuses.get("FIXED")).toBeGreaterThan(0);
}, 60_000);

test("pages are worst first, overlap nowhere and leave nothing out; a token of another list is refused", async () => {
  const purls = Array.from({ length: 7 }, (_, n) => `pkg:npm/paged-${n}@1.0.0`);
  for (let n = 0; n < 7; n++)
    for (let more = 0; more <= n % 2; more++)
      await seed.advisory({
        id: `P-${n}-${more}`,
        packageKey: `npm/paged-${n}`,
        ranges: [{ fixed: "2.0.0" }],
        severity: 1 + (n % 3),
      });
  const project = await projectWith(...purls);
  const all = (await fixes(project.uuid)).items;
  expect(all).toHaveLength(7);
  const ranks = all.map(({ severity, findings }) => `${severity} ${findings}`);
  expect(ranks).toEqual(["MEDIUM 2", "MEDIUM 1", "LOW 2", "LOW 1", "INFO 2", "INFO 1", "INFO 1"]);
  const seen: string[] = [];
  let query = "limit=3";
  for (let page = 0; page < 3; page++) {
    const { items, next_page_token: next, total } = await fixes(project.uuid, query);
    expect(total).toEqual({ count: 7, type: "EXACT" });
    seen.push(...items.map(({ component }) => component.uuid));
    expect(next === undefined).toBe(page === 2);
    query = `limit=3&page_token=${next}`;
  }
  expect(seen).toEqual(all.map(({ component }) => component.uuid));
  for (const bad of ["page_token=x", "limit=0", "limit=101"])
    expect((await server.request("GET", `/api/v2/projects/${project.uuid}/fixes?${bad}`, { key })).statusCode).toBe(
      400,
    );
});
