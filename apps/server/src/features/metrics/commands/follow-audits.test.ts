import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";

const SOON_MS = 30_000;

/** Here the engine works, and no task counts by itself. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  const properties = {
    "dt.task-scheduler.enabled": "false",
    "dt.notification.outbox-relay.poll-interval-ms": "50",
  };
  server = await testServer({ working: true, properties });
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO", "VULNERABILITY_ANALYSIS"])).key;
});
afterAll(() => server?.close());

test("numbers and orders follow what is suppressed and taken back", async () => {
  const project = await seed.project();
  const [bad, worse] = [await seed.identity("pkg:npm/bad@1"), await seed.identity("pkg:npm/worse@1")];
  await seed.component(project.id, bad);
  const component = await seed.component(project.id, worse);
  await seed.match(await seed.advisory({ id: "V-1", severity: 4, packageKey: "npm/bad" }), bad);
  const critical = await seed.advisory({ id: "V-2", severity: 5, packageKey: "npm/worse" });
  await seed.match(critical, worse);
  const [vulnerability] = await seed.rows<{ uuid: string }>("select uuid from vulnerability where id = $1", [critical]);

  const numbers = async () =>
    (await server.request("GET", `/api/v1/metrics/project/${project.uuid}/current`, { key })).json();
  const byRisk = async (path: string) => {
    const query = "sort_by=last_inherited_risk_score&sort_direction=DESC";
    const answer = await server.request("GET", `${path}?${query}`, { key });
    return answer
      .json<{ items: { name: string; last_inherited_risk_score: number }[] }>()
      .items.map((item) => [item.name, item.last_inherited_risk_score]);
  };
  const decide = async (isSuppressed: boolean) => {
    const named = { project: project.uuid, component: component.uuid, vulnerability: vulnerability?.uuid };
    const body = { ...named, analysisState: "NOT_AFFECTED", isSuppressed };
    const answer = await server.request("PUT", "/api/v1/analysis", { key, body });
    expect(answer.statusCode, answer.payload).toBe(200);
    await until("the numbers follow", async () => (await numbers()).suppressed === Number(isSuppressed), SOON_MS);
  };
  const paths = ["/api/v2/components", `/api/v2/projects/${project.uuid}/components`];

  await decide(true);
  expect(await numbers()).toMatchObject({
    vulnerabilities: 1,
    critical: 0,
    high: 1,
    findingsAudited: 0,
    inheritedRiskScore: 5,
  });
  for (const path of paths)
    expect(await byRisk(path), path).toEqual([
      ["bad", 5],
      ["worse", 0],
    ]);
  await decide(false);
  expect(await numbers()).toMatchObject({
    vulnerabilities: 2,
    critical: 1,
    findingsAudited: 1,
    inheritedRiskScore: 15,
  });
  for (const path of paths)
    expect(await byRisk(path), path).toEqual([
      ["worse", 10],
      ["bad", 5],
    ]);
});
