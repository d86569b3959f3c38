import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";

const VERSIONS = ["1.4", "1.5", "1.6", "1.7"];
const STATES = ["EXPLOITABLE", "IN_TRIAGE", "FALSE_POSITIVE", "NOT_AFFECTED", "RESOLVED"];

let server: TestServer;
let seed: Seed;
let key: string;
let project: { id: number; uuid: string };
beforeAll(async () => {
  server = await testServer({ working: true, properties: { "dt.task-scheduler.enabled": "false" } });
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VULNERABILITY_ANALYSIS", "VIEW_VULNERABILITY"])).key;
  project = await seed.project("Audited");
  const identities = [await seed.identity("pkg:npm/x@1"), await seed.identity("pkg:npm/y@1")];
  for (const identity of identities) await seed.component(project.id, identity);
  for (const state of STATES)
    for (const suppressed of [true, false]) {
      const id = `V-${state}-${suppressed}`;
      const advisory = await seed.advisory({ id, severity: 4, cvss: 7, packageKey: "npm/none" });
      for (const identity of identities) await seed.match(advisory, identity);
      // Half of them are decided for one component only, the others alike for both.
      const decided = state.length % 2 === 0 ? identities : identities.slice(0, 1);
      for (const identity of decided)
        await seed.rows(
          `insert into finding_analysis (project_id, identity_id, vulnerability_id, state, justification, response, details, suppressed)
           select $1, $2, id, $4, $5, 'UPDATE', 'Said of ' || vuln_id, $6 from vulnerability where vuln_id = $3`,
          [project.id, identity, id, state, state === "NOT_AFFECTED" ? "CODE_NOT_PRESENT" : "NOT_SET", suppressed],
        );
    }
});
afterAll(() => server?.close());

const decisions = () =>
  seed.rows(
    `select a.identity_id, v.vuln_id, a.state, a.justification, a.response, a.details, a.suppressed
     from finding_analysis a join vulnerability v on v.id = a.vulnerability_id
     where a.project_id = $1 order by 1, 2`,
    [project.id],
  );

async function importVex(vex: string): Promise<{ status: string; applied: number; notes: { code: string }[] }> {
  const body = { project: project.uuid, vex: Buffer.from(vex).toString("base64") };
  const answer = await server.request("PUT", "/api/v1/vex", { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  const path = `/api/v2/internal/vex-imports/${answer.json<{ token: string }>().token}`;
  const ended = async () => {
    const state = (await server.request("GET", path, { key })).json();
    return state.status !== "PENDING" && state;
  };
  return vi.waitUntil(ended, { timeout: 60_000, interval: 50 });
}

test.each(VERSIONS)("decisions that are exported, lost and imported again are the same (%s)", async (version) => {
  const before = await decisions();
  expect(before).toHaveLength(STATES.reduce((sum, state) => sum + (state.length % 2 === 0 ? 4 : 2), 0));
  const path = `/api/v1/vex/cyclonedx/project/${project.uuid}?version=${version}`;
  const vex = (await server.request("GET", path, { key })).payload;
  await seed.rows("delete from finding_analysis where project_id = $1", [project.id]);
  const { notes, ...outcome } = await importVex(vex);
  expect(outcome).toMatchObject({ status: "PROCESSED", applied: before.length });
  // The only ones that are not applied are those about which nothing was decided.
  expect(new Set(notes.map(({ code }) => code))).toEqual(new Set(["no-analysis"]));
  expect(await decisions()).toEqual(before);
  expect(await importVex(vex)).toMatchObject({ applied: 0, unchanged: before.length });
  expect(await decisions()).toEqual(before);
});
