import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { expectIsolation, expectRefusals, type Refusable } from "../../../components/testing.ts";
import { verifyMatches } from "../../../findings/index.ts";

const SOON_MS = 30_000;
const UNKNOWN = "11111111-2222-3333-4444-555555555555";

let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer({ working: true });
  seed = new Seed(server.database.executor);
  const uploading = ["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "PORTFOLIO_MANAGEMENT"] as const;
  const viewing = ["VIEW_PORTFOLIO", "VIEW_VULNERABILITY", "VULNERABILITY_ANALYSIS"] as const;
  key = (await server.keyWith([...uploading, ...viewing], "the auditors")).key;
});
afterAll(() => server?.close());

let counter = 0;
const fresh = (name: string) => `${name}-${++counter}`;

async function vulnerability(): Promise<{ uuid: string; vulnId: string }> {
  const vulnId = fresh("HAND");
  const [row] = await seed.rows<{ uuid: string }>(
    "insert into vulnerability (source, vuln_id, severity, cvss) values ('OSV', $1, 5, 9) returning uuid",
    [vulnId],
  );
  return { uuid: row?.uuid ?? "", vulnId };
}

async function upload(projectName: string, ...names: string[]): Promise<string> {
  const components = names.map((name) => ({ type: "library", name, version: "1.0.0", purl: `pkg:npm/${name}@1.0.0` }));
  const bom = JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components });
  const body = { projectName, projectVersion: "1", autoCreate: true, bom: Buffer.from(bom).toString("base64") };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  await settled();
  return answer.json<{ projectUuid: string }>().projectUuid;
}

/** Nothing is under way and nothing is to be told. */
async function settled(): Promise<void> {
  const left = () =>
    seed.rows(`select 1 from outbox_event union all
      select 1 from wf_run where status in ('CREATED', 'RUNNING', 'SUSPENDED') and name <> 'housekeeping'`);
  await until("all work is done", async () => (await left()).length === 0, SOON_MS);
}

async function analyze(projectUuid: string): Promise<void> {
  const answer = await server.request("POST", `/api/v1/finding/project/${projectUuid}/analyze`, { key });
  expect(answer.statusCode, answer.payload).toBe(200);
  await settled();
}

const get = async (path: string) => {
  const answer = await server.request("GET", path, { key });
  expect(answer.statusCode, `${path}: ${answer.payload}`).toBe(200);
  return answer.json();
};

interface Listed {
  component: { uuid: string };
  vulnerability: { vulnId: string };
  attribution: { analyzerIdentity: string };
}

async function found(projectUuid: string): Promise<string[]> {
  const listed: Listed[] = await get(`/api/v1/finding/project/${projectUuid}`);
  return listed.map(({ vulnerability: { vulnId }, attribution }) => `${vulnId} ${attribution.analyzerIdentity}`).sort();
}

async function componentOf(projectUuid: string, name: string): Promise<string> {
  const all: { uuid: string; name: string }[] = await get(`/api/v1/component/project/${projectUuid}`);
  return all.find((one) => one.name === name)?.uuid ?? "";
}

const change = (method: "POST" | "DELETE", vulnId: string, component: string, caller = key) =>
  server.request(method, `/api/v1/vulnerability/source/OSV/vuln/${vulnId}/component/${component}`, { key: caller });

async function assigned(vulnId: string, component: string): Promise<void> {
  const answer = await change("POST", vulnId, component);
  expect(answer.statusCode, answer.payload).toBe(200);
  await settled();
}

/** Of identities some component has: what advisories say is put there behind the back of the others. */
async function noDifferences(): Promise<void> {
  const { differences } = await verifyMatches(server.database);
  const used = await seed.rows<{ id: number }>("select identity_id as id from component");
  expect(differences.filter(({ identityId }) => used.some(({ id }) => id === identityId))).toEqual([]);
}

const decide = (component: string, vulnerabilityUuid: string) =>
  server.request("PUT", "/api/v1/analysis", {
    key,
    body: { component, vulnerability: vulnerabilityUuid, analysisState: "IN_TRIAGE", analysisDetails: "looked at" },
  });
const decisions = (vulnId: string) =>
  seed.rows(
    `select a.state, a.details from finding_analysis a join vulnerability v on v.id = a.vulnerability_id
     join component c on c.project_id = a.project_id and c.identity_id = a.identity_id where v.vuln_id = $1`,
    [vulnId],
  );
const DECIDED = [{ state: "IN_TRIAGE", details: "looked at" }];

describe("a vulnerability that somebody assigned to a component", () => {
  test("is a finding of that component alone: in lists, numbers and its explanation, and no difference", async () => {
    const [name, { vulnId, uuid }] = [fresh("alone"), await vulnerability()];
    const [project, other] = [await upload(fresh("p"), name), await upload(fresh("p"), name)];
    const component = await componentOf(project, name);
    await assigned(vulnId, component);
    expect(await componentOf(project, name)).toBe(component);
    expect([await found(project), await found(other)]).toEqual([[`${vulnId} MANUAL_ANALYZER`], []]);
    const everywhere: Listed[] = await get(
      `/api/v1/finding?textSearchField=VULNERABILITY_ID&textSearchInput=${vulnId}`,
    );
    expect(everywhere.map((one) => one.component.uuid)).toEqual([component]);
    const grouped = await get(`/api/v1/finding/grouped?textSearchField=VULNERABILITY_ID&textSearchInput=${vulnId}`);
    expect(grouped).toHaveLength(1);
    expect(await get(`/api/v1/metrics/project/${project}/current`)).toMatchObject({ critical: 1, components: 1 });
    expect(await get(`/api/v1/metrics/project/${other}/current`)).toMatchObject({ critical: 0, components: 1 });
    const explanation = await get(`/api/v2/components/${component}/findings/OSV/${vulnId}/explanation`);
    expect(explanation).toMatchObject({ affected: false, finding: { analyzers: ["manual"] } });
    expect(explanation.assignment).toMatchObject({ by: "the auditors", text: expect.stringContaining("the auditors") });
    const { counts } = await get(`/api/v2/projects/${project}/diff?with=${other}`);
    expect(counts).toMatchObject({ unchanged: 1, added: 0, removed: 0, vulnerabilities_added: 1 });
    expect((await change("POST", vulnId, component)).statusCode).toBe(200);
    const byUuid = `/api/v1/vulnerability/${uuid}/component/${component}`;
    expect((await server.request("POST", byUuid, { key })).statusCode).toBe(200);
    expect(await found(project)).toEqual([`${vulnId} MANUAL_ANALYZER`]);
    await noDifferences();
    expect((await server.request("DELETE", byUuid, { key })).statusCode).toBe(200);
    expect(await found(project)).toEqual([]);
    await settled();
    expect(await get(`/api/v1/metrics/project/${project}/current`)).toMatchObject({ critical: 0 });
  });

  test("stays when it is analysed and uploaded again, beside what advisories say of the component", async () => {
    const [name, more, { vulnId }] = [fresh("stays"), fresh("more"), await vulnerability()];
    const known = { id: fresh("KNOWN"), packageKey: `npm/${name}`, ranges: [{ fixed: "2.0.0" }] };
    await seed.advisory(known);
    const projectName = fresh("p");
    const project = await upload(projectName, name);
    const component = await componentOf(project, name);
    await assigned(vulnId, component);
    const both = [`${vulnId} MANUAL_ANALYZER`, `${known.id} INTERNAL_ANALYZER`].sort();
    expect(await found(project)).toEqual(both);
    await analyze(project);
    await upload(projectName, name);
    expect(await found(project)).toEqual(both);
    await upload(projectName, more, name);
    expect([await found(project), await componentOf(project, name)]).toEqual([both, component]);
    await seed.advisory({ ...known, rejected: true });
    await analyze(project);
    expect(await found(project)).toEqual([`${vulnId} MANUAL_ANALYZER`]);
    await noDifferences();
  });

  test("goes with the component, and does not come back with it", async () => {
    const [name, other, { vulnId }] = [fresh("goes"), fresh("other"), await vulnerability()];
    const projectName = fresh("p");
    const project = await upload(projectName, name, other);
    await assigned(vulnId, await componentOf(project, name));
    await upload(projectName, other);
    expect(await found(project)).toEqual([]);
    await upload(projectName, name, other);
    expect(await found(project)).toEqual([]);
    expect(await get(`/api/v1/component/project/${project}`)).toHaveLength(2);
    await noDifferences();
  });

  test("keeps what was decided: before, when it is taken back, and when the component becomes another one by hand", async () => {
    const [name, { vulnId, uuid }] = [fresh("decided"), await vulnerability()];
    const known = { id: fresh("KNOWN"), packageKey: `npm/${name}` };
    await seed.advisory({ ...known, ranges: [{ introduced: "0" }] });
    const project = await upload(fresh("p"), name);
    const component = await componentOf(project, name);
    const [{ vulnerability: before }] = await get(`/api/v1/finding/project/${project}`);
    expect((await decide(component, before.uuid)).statusCode).toBe(200);
    await assigned(vulnId, component);
    expect(await decisions(known.id)).toEqual(DECIDED);
    expect((await decide(component, uuid)).statusCode).toBe(200);
    const changed = await server.request("POST", "/api/v1/component", {
      key,
      body: { uuid: component, name, version: "3.0.0", purl: `pkg:npm/${name}@3.0.0` },
    });
    expect(changed.statusCode, changed.payload).toBe(200);
    await settled();
    expect(await found(project)).toEqual([`${vulnId} MANUAL_ANALYZER`, `${known.id} INTERNAL_ANALYZER`].sort());
    expect([await decisions(known.id), await decisions(vulnId)]).toEqual([DECIDED, DECIDED]);
    expect((await change("DELETE", vulnId, component)).statusCode).toBe(200);
    expect(await found(project)).toEqual([`${known.id} INTERNAL_ANALYZER`]);
    expect(await decisions(vulnId)).toEqual(DECIDED);
    await noDifferences();
  });

  test("that an advisory comes to name, too, is one finding, and the advisory's when the assignment is taken back", async () => {
    const [name, { vulnId }] = [fresh("both"), await vulnerability()];
    const project = await upload(fresh("p"), name);
    const component = await componentOf(project, name);
    await assigned(vulnId, component);
    await seed.advisory({ id: vulnId, packageKey: `npm/${name}`, ranges: [{ introduced: "0" }] });
    await analyze(project);
    expect(await found(project)).toEqual([`${vulnId} INTERNAL_ANALYZER`]);
    expect((await change("DELETE", vulnId, component)).statusCode).toBe(200);
    expect(await found(project)).toEqual([`${vulnId} INTERNAL_ANALYZER`]);
    expect((await change("DELETE", vulnId, component)).statusCode).toBe(404);
    await noDifferences();
  });
});

test("findings verify names an assignment without its finding; an analysis puts it back", async () => {
  const [name, { vulnId }] = [fresh("lost"), await vulnerability()];
  const project = await upload(fresh("p"), name);
  await assigned(vulnId, await componentOf(project, name));
  const [lost] = await seed.rows<{ identityId: number; vulnerabilityId: number }>(
    `delete from vulnerability_match m using vulnerability v where v.id = m.vulnerability_id and v.vuln_id = $1
     returning m.identity_id as "identityId", m.vulnerability_id as "vulnerabilityId"`,
    [vulnId],
  );
  const { differences } = await verifyMatches(server.database);
  expect(differences.filter(({ identityId }) => identityId === lost?.identityId)).toEqual([
    { ...lost, difference: "missing" },
  ]);
  await analyze(project);
  expect(await found(project)).toEqual([`${vulnId} MANUAL_ANALYZER`]);
  await noDifferences();
});

describe("assigning", () => {
  const byUuid = (method: "POST" | "DELETE"): Refusable => ({
    method,
    path: ({ component }) => `/api/v1/vulnerability/${one}/component/${component}`,
    permission: method === "POST" ? "PORTFOLIO_MANAGEMENT_UPDATE" : "PORTFOLIO_MANAGEMENT_DELETE",
    status: method === "POST" ? 200 : 404,
  });
  let one: string;
  beforeAll(async () => {
    one = (await vulnerability()).uuid;
  });

  test("refuses who may not and what is not there", () => expectRefusals(server, byUuid("POST")));
  test("refuses other teams' projects", () => expectIsolation(server, byUuid("POST")));
  test("and taking back refuses other teams' projects", () => expectIsolation(server, byUuid("DELETE")));

  test("needs a vulnerability that is known, and one that was assigned to be taken back", async () => {
    const name = fresh("known");
    const component = await componentOf(await upload(fresh("p"), name), name);
    expect((await change("POST", "UNKNOWN-1", component)).statusCode).toBe(404);
    expect((await change("POST", (await vulnerability()).vulnId, UNKNOWN)).statusCode).toBe(404);
    expect((await change("DELETE", (await vulnerability()).vulnId, component)).statusCode).toBe(404);
  });

  test("waits for the end of the upgrade: 0.3.0 would take the component for one among many again", async () => {
    const older = await testServer({ gatesOpen: false });
    try {
      const [name, id] = ["gated", new Seed(older.database.executor)];
      const project = await id.project();
      const { uuid } = await id.component(project.id, await id.identity(`pkg:npm/${name}@1.0.0`));
      await id.advisory({ id: "GATED-1", packageKey: "npm/other" });
      const { key: caller } = await older.keyWith(["PORTFOLIO_MANAGEMENT"]);
      const path = `/api/v1/vulnerability/source/OSV/vuln/GATED-1/component/${uuid}`;
      expect((await older.request("POST", path, { key: caller })).statusCode).toBe(409);
    } finally {
      await older.close();
    }
  });
});
