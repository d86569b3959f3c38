import { clusterResponse } from "@evertrack/contract/v2/cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const PATH = "/api/v2/internal/cluster";

let server: TestServer;
let key = "";
beforeAll(async () => {
  server = await testServer();
  ({ key } = await server.keyWith(["SYSTEM_CONFIGURATION_READ"]));
  await insert("worker-1", { state: "ready", roles: "{api,worker,leader-eligible,relay,scheduler}", version: "1.0.0" });
  await insert("web-1", { state: "ready", roles: "{api}", version: "1.1.0" });
  await insert("old-1", { state: "gone", roles: "{api}", version: "0.9.0" });
});
afterAll(() => server?.close());

async function insert(id: string, { state, roles, version }: { state: string; roles: string; version: string }) {
  await server.database.executor.query(
    `insert into cluster_instance (id, version, build, host, roles, queues, state, leader, in_flight, detail,
       heartbeat_interval_ms, heartbeat_lapse_ms)
     values ($1, $2, 'build', 'host-1', $3, '{workflow:default}', $4, $4 = 'ready' and $1 like 'worker%', 3,
       '{"apiPort": 8080, "eventLoopLagMs": 2, "unknown": true}', 10000, 60000)`,
    [id, version, roles, state],
  );
}

test("tells instances, versions, leader, roles, queues, warnings and what may be stopped", async () => {
  const answer = await server.request("GET", PATH, { key });
  expect(answer.statusCode).toBe(200);
  const cluster = clusterResponse.strict().parse(answer.json());
  expect(cluster).toMatchObject({ mixed_versions: true, leader: "worker-1", min_join_version: "0.0.0", epoch: 0 });
  expect(cluster.versions).toEqual([
    { version: "1.0.0", instances: 1 },
    { version: "1.1.0", instances: 1 },
  ]);
  const [worker, web, old] = cluster.instances;
  expect(worker).toMatchObject({
    id: "worker-1",
    state: "READY",
    host: "host-1",
    in_flight: 3,
    leader: true,
    api_port: 8080,
    event_loop_lag_ms: 2,
    safe_to_stop: { safe: false },
  });
  expect(worker?.heartbeat_age_ms).toBeLessThan(60_000);
  expect(web?.safe_to_stop).toEqual({ safe: true, reasons: [] });
  expect(old).toMatchObject({ state: "GONE", safe_to_stop: { safe: true } });
  expect(cluster.roles).toContainEqual({ role: "api", instances: 2 });
  expect(cluster.queues).toContainEqual({ queue: "activity:artifact-imports", instances: 0 });
  const codes = cluster.warnings.map(({ code }) => code);
  expect(codes).toContain("mixed-versions");
  expect(codes).toContain("queue-unserved");
});

test("needs a principal that may read the system's configuration", async () => {
  expect((await server.request("GET", PATH)).statusCode).toBe(401);
  expect((await server.request("GET", PATH, { key: "nobody" })).statusCode).toBe(401);
  const { key: other } = await server.keyWith(["VIEW_PORTFOLIO", "SYSTEM_CONFIGURATION_UPDATE"]);
  expect((await server.request("GET", PATH, { key: other })).statusCode).toBe(403);
  const { key: coarse } = await server.keyWith(["SYSTEM_CONFIGURATION"]);
  expect((await server.request("GET", PATH, { key: coarse })).statusCode).toBe(200);
});
