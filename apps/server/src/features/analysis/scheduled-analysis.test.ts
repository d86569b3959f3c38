import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";

/** Here the engine works and fires: slices every second, few at a time. */
const IN_FLIGHT_MAX = 3;
const PROJECTS = 12;
let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer({
    working: true,
    properties: {
      "dt.task.portfolio-analysis.slice-cron": "* * * * * *",
      "dt.task.portfolio-analysis.max-in-flight-analyses": String(IN_FLIGHT_MAX),
    },
  });
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

test("a portfolio is analysed whole, a few projects at a time, each once, and finds what was missed", async () => {
  const identityId = await seed.identity("pkg:npm/missed@1.0.0");
  await seed.advisory({ id: "MISSED", packageKey: "npm/missed", ranges: [{ introduced: "0" }] });
  for (let count = 0; count < PROJECTS; count++) await seed.component((await seed.project()).id, identityId);
  let mostUnderWay = 0;
  await until(
    "every project is analysed",
    async () => {
      const [now] = await seed.rows<{ analysed: number; under_way: number }>(
        `select (select count(*)::int from project where last_vulnerability_analysis is not null) as analysed,
           (select count(*)::int from wf_run where name = 'analyze-project' and status in ('CREATED', 'RUNNING', 'SUSPENDED'))
             as under_way`,
      );
      mostUnderWay = Math.max(mostUnderWay, now?.under_way ?? 0);
      return now?.analysed === PROJECTS;
    },
    60_000,
  );
  expect(mostUnderWay).toBeLessThanOrEqual(IN_FLIGHT_MAX);
  const runs = await seed.rows<{ runs: number }>(
    "select count(*)::int as runs from wf_run where name = 'analyze-project' and parent_id is null group by instance_id",
  );
  expect(runs).toEqual(Array.from({ length: PROJECTS }, () => ({ runs: 1 })));
  expect(await seed.rows("select 1 from vulnerability_match where identity_id = $1", [identityId])).toHaveLength(1);
  await until(
    "they are counted",
    async () => (await seed.rows("select 1 from project_metrics where vulnerabilities = 1")).length === PROJECTS,
    60_000,
  );
});
