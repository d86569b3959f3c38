import { afterAll, beforeAll, expect, test } from "vitest";
import { clusterMembership } from "../features/cluster/index.ts";
import { loadConfig } from "../platform/config/index.ts";
import { Health } from "../platform/health/index.ts";
import { Metrics } from "../platform/telemetry/index.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { addClusterCheck, addClusterMetrics } from "./cluster.ts";
import { profileDefaults } from "./profiles.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());

/** A member of this profile, with what it tells. */
function memberOf(profile: string, instanceId: string) {
  const config = loadConfig({
    environment: { DT_CONFIG_PROFILE: profile },
    workingDirectory: "/nowhere",
    profileDefaults,
  });
  const { database, log } = server;
  const onRemoved = () => undefined;
  const build = { version: "1.2.3", minBesideVersion: "1.0.0" };
  const membership = clusterMembership({ config, database, log, ...build, instanceId, onRemoved });
  const health = new Health();
  const metrics = new Metrics("1.2.3");
  addClusterCheck(health, membership);
  addClusterMetrics(metrics, membership);
  return { membership, health, metrics };
}

test("an only web instance is ready and warns that nobody works; with a worker beside it nothing is missing", async () => {
  const web = memberOf("web", "web-1");
  expect((await web.health.report(["readiness"])).status).toBe("DOWN");
  await web.membership.join();
  await web.membership.setState("ready", 8080);
  const alone = await web.health.report(["readiness"]);
  expect(alone).toMatchObject({ status: "UP", checks: [{ name: "cluster", status: "UP" }] });
  expect(alone.checks[0]?.data?.warnings).toContain("no ready instance has the role worker");
  const text = await web.metrics.text();
  expect(text).toContain('evertrack_cluster_role_instances{role="api"} 1');
  expect(text).toContain('evertrack_cluster_role_instances{role="worker"} 0');
  expect(text).toContain('evertrack_cluster_queue_instances{queue="activity:artifact-imports"} 0');
  expect(text).toContain('evertrack_cluster_instances{state="ready",version="1.2.3"} 1');
  expect(text).toContain("evertrack_cluster_lapsed 0");
  expect(text).toContain("evertrack_cluster_upgrade_window_seconds 0");

  const worker = memberOf("", "worker-1");
  await worker.membership.join();
  await worker.membership.setState("ready", 8081);
  await web.membership.setState("ready");
  const both = await web.health.report(["readiness"]);
  expect(both.checks[0]?.data?.warnings).toEqual([]);
  expect(await web.metrics.text()).toContain('evertrack_cluster_queue_instances{queue="activity:artifact-imports"} 1');
  await worker.membership.leave();
  await web.membership.leave();
});
