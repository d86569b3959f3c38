import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { base64, bomOf, processed } from "../testing.ts";

/** Here the engine works, and nothing else counts metrics. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer({ working: true, properties: { "dt.task-scheduler.enabled": "false" } });
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"])).key;
  await seed.advisory({ id: "V-1", packageKey: "npm/left-pad", ranges: [{ introduced: "0", fixed: "2.0.0" }] });
});
afterAll(() => server?.close());

const BOM = bomOf([
  { name: "left-pad", version: "1.0.0", purl: "pkg:npm/left-pad@1.0.0" },
  { name: "other", version: "1", description: "as the BOM says" },
]);

let projects = 0;
let name: string;
let uuid: string;
let id: number;
beforeEach(async () => {
  name = `again ${projects++}`;
  uuid = await upload(BOM);
  const [project] = await seed.rows<{ id: number }>("select id from project where uuid = $1", [uuid]);
  id = project?.id ?? -1;
});

async function upload(bom: string): Promise<string> {
  const body = { projectName: name, projectVersion: "1", autoCreate: true, bom: base64(bom) };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
  await processed(server, key, token);
  return projectUuid;
}

async function analyses(): Promise<number> {
  const [found] = await seed.rows<{ n: number }>(
    "select count(*)::int as n from wf_run where name = 'analyze-project' and labels ->> 'project' = $1",
    [uuid],
  );
  return found?.n ?? -1;
}

const metrics = () =>
  seed.rows(
    "select day, components, vulnerabilities, vulnerable_components from project_metrics where project_id = $1",
    [id],
  );

describe("importing again what a project has", () => {
  test("starts no analysis where there is nothing to do; the project is told as analysed and imported now", async () => {
    const before = await metrics();
    expect(before).toMatchObject([{ components: 2, vulnerabilities: 1, vulnerable_components: 1 }]);
    await seed.rows(
      "update project set last_vulnerability_analysis = 'epoch', last_bom_import = last_bom_import - interval '1 hour' where id = $1",
      [id],
    );
    await upload(BOM);
    expect(await analyses()).toBe(1);
    expect(await metrics()).toEqual(before);
    const times = await seed.rows(
      `select last_vulnerability_analysis > now() - interval '1 hour' as analysed, last_bom_import > now() - interval '50 minutes' as imported
       from project where id = $1`,
      [id],
    );
    expect(times).toEqual([{ analysed: true, imported: true }]);
    expect(await seed.rows("select 1 from bom_import where project_id = $1", [id])).toHaveLength(2);
  });

  const CHANGES: [string, string][] = [
    [
      "a component that was changed by hand",
      "with c as (update component set content_hash = -1 where project_id = $1) update project set bom_digest = '' where id = $1",
    ],
    [
      "an identity that was never matched",
      "delete from identity_match_state where identity_id in (select identity_id from component where project_id = $1)",
    ],
    ["numbers that are out of date", "insert into metrics_dirty_project (project_id) values ($1)"],
    ["numbers of another day", "update project_metrics set day = day - 1 where project_id = $1"],
    [
      "numbers from before the last import",
      "update project_metrics set last_occurrence = last_occurrence - interval '1 day' where project_id = $1",
    ],
    ["no numbers", "delete from project_metrics where project_id = $1"],
  ];
  test.each(CHANGES)("starts one with %s", async (_, change) => {
    await seed.rows(change, [id]);
    await upload(BOM);
    expect(await analyses()).toBe(2);
    const [today] = (await metrics()).slice(-1);
    expect(today).toMatchObject({ components: 2, vulnerabilities: 1, vulnerable_components: 1 });
  });

  test("starts one where the BOM says something else", async () => {
    await upload(bomOf([{ name: "left-pad", version: "1.0.0", purl: "pkg:npm/left-pad@1.0.0" }]));
    expect(await analyses()).toBe(2);
    expect(await metrics()).toMatchObject([{ components: 1, vulnerabilities: 1 }]);
  });
});
