import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensurePostgres, stopPostgres } from "@evertrack/embedded-postgres";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { type ApiClient, administratorOf } from "../harness/api-client.ts";
import { Cluster } from "../harness/cluster.ts";
import { manyComponents, sampleBom } from "../harness/sample-bom.ts";
import { ServerProcess } from "../harness/server-process.ts";
import { runServer } from "../harness/server-run.ts";
import { until } from "../harness/until.ts";

const LAPSE_MS = 6_000;
/** Several beats, and far from the lapse, also when the machine is busy. */
const SHORT_PAUSE_MS = 2_000;
/** So long that a warning that comes without the worker's help comes first by far. */
const LONG_LAPSE_MS = 30_000;
/** Seconds instead of minutes; the lapse outlives a lease, as it does by default. */
const SHORT = {
  DT_CLUSTER_HEARTBEAT_INTERVAL_MS: "500",
  DT_CLUSTER_HEARTBEAT_LAPSE_MS: String(LAPSE_MS),
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: "3000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: "2000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "500",
};
/** Fewer than the requests that wait at once. */
const POOL_SIZE = 2;
const EXIT_JOIN_REFUSED = 3;
const EXIT_REMOVED = 75;

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function rowsOf<R>(databaseUrl: string, statement: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return (await client.query(statement, values)).rows as R[];
  } finally {
    await client.end();
  }
}

interface Overview {
  instances: { id: string; state: string; safe_to_stop: { safe: boolean } }[];
  leader?: string;
  warnings: { message: string }[];
}
const overview = (client: ApiClient) => client.expect<Overview>("GET", "/api/v2/internal/cluster");
const readiness = async (instance: ServerProcess) => (await fetch(`${instance.managementUrl}/health/ready`)).status;

async function twoInstances(ofVictim: Record<string, string> = {}) {
  const cluster = await Cluster.start({ environment: SHORT });
  undo.push(() => cluster.close());
  await cluster.addInstance(ofVictim);
  const [survivor, victim] = cluster.instances;
  if (survivor === undefined || victim === undefined) throw new Error("two instances were asked for");
  const stateOf = async () =>
    (await overview(cluster.admin)).instances.find(({ id }) => id === victim.instanceId)?.state;
  await until("both are ready", 180_000, async () => {
    const { instances } = await overview(cluster.admin);
    return instances.filter(({ state }) => state === "READY").length === 2;
  });
  return { cluster, survivor, victim, stateOf };
}

async function uploadMany(client: ApiClient, prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const uploads = names.map((name) => client.upload(sampleBom(manyComponents(name, 40)), { name, version: "1" }));
  return (await Promise.all(uploads)).map(({ token }) => token);
}

test("an instance that was paused beyond the lapse ends with 75 and does nothing more; the others go on", {
  timeout: 600_000,
}, async () => {
  const { cluster, survivor, victim, stateOf } = await twoInstances();
  const before = await uploadMany(cluster.admin, "before", 10);
  victim.signal("SIGSTOP");
  await until("the victim is removed", 180_000, async () => (await stateOf()) === "GONE");
  const asked = cluster.clientOf(victim).request("GET", "/api/version");
  const answered = asked.then(
    ({ status }) => status,
    () => "cut",
  );
  for (const token of before) await cluster.admin.processed(token);
  const traces = async () => {
    const counts = `select (select count(*)::int from wf_attempt where instance_id = $1) as attempts,
      (select count(*)::int from wf_run where locked_by = $1) as held`;
    return (await rowsOf<{ attempts: number; held: number }>(cluster.databaseUrl, counts, [victim.instanceId]))[0];
  };
  const tracesBefore = await traces();
  expect(tracesBefore).toMatchObject({ held: 0 });

  const during = await uploadMany(cluster.admin, "during", 10);
  victim.signal("SIGCONT");
  expect(await victim.ended()).toBe(EXIT_REMOVED);
  expect([503, "cut"]).toContain(await answered);
  expect(await readFile(join(cluster.directory, "server-1.log"), "utf8")).toMatch(
    new RegExp(`did not beat for \\d+ s and was removed from the cluster by ${survivor.instanceId}`),
  );
  for (const token of during) await cluster.admin.processed(token);
  expect(await traces()).toEqual(tracesBefore);
  expect(await readiness(survivor)).toBe(200);
  expect(survivor.running).toBe(true);
});

test("a web whose only worker is killed stays ready and warns, in time and without help of the worker", {
  timeout: 600_000,
}, async () => {
  const long = { DT_CLUSTER_HEARTBEAT_LAPSE_MS: String(LONG_LAPSE_MS) };
  const cluster = await Cluster.start({ environment: { ...SHORT, ...long } });
  undo.push(() => cluster.close());
  const worker = cluster.first;
  const web = await cluster.addInstance({ DT_CONFIG_PROFILE: "web", ...long });
  const client = cluster.clientOf(web);
  const warnings = async () => (await overview(client)).warnings.map(({ message }) => message);
  await until("both are ready", 180_000, async () => (await warnings()).length === 0);
  const verdicts = (await overview(client)).instances.map(({ id, safe_to_stop }) => [id, safe_to_stop.safe]);
  expect(Object.fromEntries(verdicts)).toEqual({ [worker.instanceId]: false, [web.instanceId]: true });

  await worker.kill();
  const missing = "no ready instance has the role worker";
  await until("it is warned of", LONG_LAPSE_MS, async () => (await warnings()).includes(missing));
  await until("it is gone", 180_000, async () => (await overview(client)).instances[0]?.state === "GONE");
  await until("health tells it", 180_000, async () =>
    (await (await fetch(`${web.managementUrl}/health`)).text()).includes(missing),
  );
  expect(await readiness(web)).toBe(200);
});

test("an instance that was paused for less than the lapse goes on", { timeout: 600_000 }, async () => {
  const { cluster, victim, stateOf } = await twoInstances();
  victim.signal("SIGSTOP");
  await delay(SHORT_PAUSE_MS);
  victim.signal("SIGCONT");
  await until("it is ready", 180_000, async () => (await readiness(victim)) === 200);
  await delay(LAPSE_MS);
  expect(await stateOf()).toBe("READY");
  const [token = ""] = await uploadMany(cluster.clientOf(victim), "after", 1);
  await cluster.admin.processed(token);
});

test("an instance whose connections are all in use for longer than the lapse beats on", {
  timeout: 600_000,
}, async () => {
  const { cluster, victim, stateOf } = await twoInstances({ DT_DATASOURCE_POOL_MAX_SIZE: String(POOL_SIZE) });
  const holder = new pg.Client(cluster.databaseUrl);
  await holder.connect();
  await holder.query("begin; lock table project in access exclusive mode");
  const client = cluster.clientOf(victim);
  const asked = [1, 2, 3, 4].map(() => client.request("GET", "/api/v1/project").catch(() => undefined));
  await until("requests wait for the lock with every connection of the pool", 180_000, async () => {
    const text = `select 1 from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database() and application_name like '%' || $1`;
    return (await holder.query(text, [victim.instanceId])).rowCount === POOL_SIZE;
  });
  await delay(2 * LAPSE_MS);
  const held = await stateOf();
  await holder.query("rollback");
  await holder.end();
  await Promise.all(asked);
  expect(held).toBe("READY");
  expect(victim.running).toBe(true);
});

test("an outage of the database longer than the lapse ends no instance", { timeout: 600_000 }, async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "outage-"));
  const database = { dataDirectory: join(dataDirectory, "db") };
  undo.push(() => rm(dataDirectory, { recursive: true, force: true }));
  undo.push(() => stopPostgres(database));
  const { url: databaseUrl } = await ensurePostgres(database);
  const instances: ServerProcess[] = [];
  for (let count = 0; count < 2; count++) {
    const instance = await ServerProcess.start({ databaseUrl, dataDirectory, environment: SHORT });
    undo.push(() => instance.stop());
    instances.push(instance);
  }
  const [first] = instances;
  if (first === undefined) throw new Error("instances were started");
  const admin = await administratorOf(first.url);

  await stopPostgres({ ...database, mode: "immediate" });
  for (const instance of instances) await until("not ready", 180_000, async () => (await readiness(instance)) === 503);
  await delay(2 * LAPSE_MS);
  const refused = await admin.request("GET", "/api/version");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);

  await ensurePostgres(database);
  for (const instance of instances) await until("ready", 180_000, async () => (await readiness(instance)) === 200);
  await delay(2 * LAPSE_MS);
  expect(instances.map(({ running }) => running)).toEqual([true, true]);
  expect((await overview(admin)).instances.map(({ state }) => state)).toEqual(["READY", "READY"]);
  const [token = ""] = await uploadMany(admin, "after", 1);
  await admin.processed(token);
});

test("a stop in order leaves the registry; a version that is too old is refused with 3", {
  timeout: 600_000,
}, async () => {
  const { cluster, victim } = await twoInstances();
  const { instances } = await overview(cluster.admin);
  expect(instances.map(({ safe_to_stop }) => safe_to_stop.safe)).toEqual([true, true]);
  expect(await victim.stop()).toBe(0);
  const left = await overview(cluster.admin);
  expect(left.instances.map(({ id }) => id)).toEqual([cluster.first.instanceId]);
  expect(left.instances[0]?.safe_to_stop.safe).toBe(false);
  await rowsOf(cluster.databaseUrl, "update cluster_state set min_join_version = '9999.0.0'");
  const refused = await runServer({ databaseUrl: cluster.databaseUrl, dataDirectory: cluster.directory });
  expect(refused.status, refused.output).toBe(EXIT_JOIN_REFUSED);
  expect(refused.output).toMatch(/is too old for this cluster, which takes instances from 9999\.0\.0 on/);
  expect(cluster.first.running).toBe(true);
});
