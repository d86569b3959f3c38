import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type TestDatabase, testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../platform/config/index.ts";
import { createLog } from "../platform/log/log.ts";
import { parseExposition } from "../platform/telemetry/testing.ts";
import { startDatabaseProxy } from "../testing/database-proxy.ts";
import { Instance } from "./instance.ts";

const DEADLINE_MS = 60_000;
/** Seconds, on a busy machine too: statements would be waited for four times as long. */
const SECONDS_MAX_MS = 15_000;
const STOP_MAX_MS = 45_000;

let own: TestDatabase;
let directory = "";
let instance: Instance | undefined;
let managementUrl = "";

beforeEach(async () => {
  own = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), "instance-"));
});
afterEach(async () => {
  await instance?.stop();
  instance = undefined;
  await own.drop();
  await rm(directory, { recursive: true });
});

function create(databaseUrl: string): Instance {
  const properties = {
    "dt.datasource.url": databaseUrl,
    "dt.data-directory": directory,
    "dt.management.host": "127.0.0.1",
    "dt.management.port": "0",
    "dt.http.server.host": "127.0.0.1",
    "dt.http.server.port": "0",
    "dt.metrics.enabled": "true",
    "dt.bcrypt.rounds": "4",
    "dt.shutdown.drain-delay-ms": "0",
  };
  const config = loadConfig({
    environment: {},
    workingDirectory: directory,
    overrides: new Map(Object.entries(properties)),
  });
  const destination = new Writable({
    write(chunk, _encoding, done) {
      const line = JSON.parse(String(chunk));
      if (line.msg === "management server listens") managementUrl = `http://127.0.0.1:${line.port}`;
      done();
    },
  });
  instance = new Instance(config, createLog({ level: "info", instance: "i-1", destination }), "i-1", () => undefined);
  return instance;
}

interface Report {
  status: string;
  checks: { name: string; status: string; data: Record<string, unknown> }[];
}

async function probe(path: string): Promise<Report & { code: number }> {
  const answer = await fetch(managementUrl + path);
  return { code: answer.status, ...((await answer.json()) as Report) };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error("the condition did not come true in time");
    await delay(20);
  }
}

test("while a migration takes long, the startup probe shows it as STARTED and nothing is ready; afterwards all is UP", async () => {
  const blocker = new pg.Client(own.url);
  await blocker.connect();
  await blocker.query("begin; create table project (id int)");
  const starting = create(own.url);
  const initialised = starting.initialise();
  await until(async () => (await probe("/health/started")).checks[0]?.data["database-migration"] === "STARTED");
  const started = await probe("/health/started");
  expect(started).toMatchObject({ code: 503, status: "DOWN", checks: [{ name: "init-tasks", status: "DOWN" }] });
  expect(started.checks[0]?.data).toMatchObject({ "database-seeding": "PENDING" });
  expect(await probe("/health/ready")).toMatchObject({
    code: 503,
    checks: [{ name: "api", data: { state: "starting" } }],
  });
  expect((await probe("/health/live")).code).toBe(200);
  await blocker.query("rollback");
  await blocker.end();
  await initialised;
  expect(await probe("/health/started")).toMatchObject({ code: 200, status: "UP" });
  expect((await probe("/health/ready")).code).toBe(503);
  await starting.start();
  expect(await probe("/health")).toMatchObject({ code: 200, status: "UP" });
});

test("readiness is DOWN while the database is gone and UP again when it is back; liveness stays UP", async () => {
  const proxy = await startDatabaseProxy(own.url);
  const running = create(proxy.url);
  await running.initialise();
  await running.start();
  expect((await probe("/health/ready")).code).toBe(200);
  await proxy.cut();
  await until(async () => (await probe("/health/ready")).code === 503);
  expect((await probe("/health/ready")).checks).toContainEqual({
    name: "dataSources",
    status: "DOWN",
    data: { default: "DOWN" },
  });
  expect((await probe("/health/live")).code).toBe(200);
  await proxy.restore();
  await until(async () => (await probe("/health/ready")).code === 200);
  await running.stop();
  instance = undefined;
  await proxy.cut();
});

test("a database that hangs turns readiness DOWN within seconds, requests into 503, and keeps nobody from stopping", async () => {
  const proxy = await startDatabaseProxy(own.url);
  const running = create(proxy.url);
  await running.initialise();
  const port = await running.start();
  proxy.stall();
  const probed = performance.now();
  expect(await probe("/health/ready")).toMatchObject({ code: 503 });
  expect(performance.now() - probed).toBeLessThan(SECONDS_MAX_MS);
  const asked = performance.now();
  const body = new URLSearchParams({ username: "nobody", password: "x" });
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/user/login`, { method: "POST", body });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(performance.now() - asked).toBeLessThan(SECONDS_MAX_MS);
  expect((await probe("/health/live")).code).toBe(200);
  proxy.resume();
  await until(async () => (await probe("/health/ready")).code === 200);
  proxy.stall();
  const stopped = performance.now();
  await running.stop();
  instance = undefined;
  expect(performance.now() - stopped).toBeLessThan(STOP_MAX_MS);
  await proxy.cut();
});

test("metrics tell of the engine, the pool, the outbox, requests and the event loop", async () => {
  const running = create(own.url);
  await running.initialise();
  const port = await running.start();
  await fetch(`http://127.0.0.1:${port}/api/version`);
  let text = "";
  await until(async () => {
    text = await (await fetch(`${managementUrl}/metrics`)).text();
    return text.includes("dt_dex_engine_leadership_status 1") && /activity_task_queue_backlog\{/.test(text);
  });
  for (const line of [
    /^dt_info\{version="[^"]+"\} 1$/m,
    /^dt_dex_engine_info\{instanceId="i-1"\} 1$/m,
    /^dt_dex_engine_activity_task_queue_backlog\{queueName="artifact-imports"\} \d+$/m,
    /^dt_dex_engine_activity_task_queue_backlog_age_seconds\{queueName="artifact-imports"\} /m,
    /^dt_dex_engine_workflow_task_queue_backlog\{queueName="default"\} /m,
    /^dt_dex_engine_task_worker_concurrency_utilization\{workerType="activity",name="vuln-analyses"\} 0$/m,
    /^dt_dex_engine_task_worker_polls_total\{workerType="workflow",name="default"\} [1-9]/m,
    /^dt_dex_engine_task_worker_tasks_polled_total\{workerType="workflow",name="default"\} /m,
    /^dt_dex_engine_task_worker_tasks_processed_total\{workerType="activity",name="default",outcome="completed"\} /m,
    /^dt_dex_engine_task_worker_poll_latency_seconds_count\{workerType="workflow",name="default"\} [1-9]/m,
    /^dt_dex_engine_workflow_task_scheduling_latency_seconds_bucket\{queueName="default",le="\+Inf"\} /m,
    /^dt_dex_engine_buffer_flush_latency_seconds_count\{buffer="ends"\} /m,
    /^dt_outbox_relay_poll_latency_seconds_count [1-9]/m,
    /^dt_dex_engine_task_worker_poll_skipped_backpressure_total 0$/m,
    /^dt_dex_engine_buffer_flushes_total\{buffer="steps"\} /m,
    /^dt_dex_engine_leadership_acquired_total 1$/m,
    /^dt_dex_engine_leadership_lost_total 0$/m,
    /^evertrack_database_connections [1-9]/m,
    /^evertrack_outbox_delivered_total 0$/m,
    /^http_server_requests_seconds_count\{method="GET",uri="\/api\/version",status="200"\} 1$/m,
    /^evertrack_event_loop_lag_p99_seconds /m,
  ])
    expect(text).toMatch(line);
  const page = metricsOfOperatorPage();
  expect(metricsOf(text, page)).toEqual(page);
});

/** The product's metrics as the page writes them, `name{label,label}`; one without samples tells no labels and is taken as written. */
function metricsOf(text: string, page: readonly string[]): string[] {
  const own = [...parseExposition(text)].filter(([name]) => /^(dt|evertrack|http)_/.test(name));
  const written = ([name, { samples }]: (typeof own)[number]) => {
    if (samples.length === 0) return page.find((entry) => entry.replace(/\{.*/, "") === name) ?? name;
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
    labels.delete("le");
    return labels.size === 0 ? name : `${name}{${[...labels].join(",")}}`;
  };
  return own.map(written).sort();
}

/** What the operators' page says there is. */
function metricsOfOperatorPage(): string[] {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/operating/health-and-metrics.md"), "utf8");
  return [...page.matchAll(/^\| `((?:dt|evertrack|http)_[a-zA-Z0-9_{},]+)`/gm)]
    .map(([, metric]) => metric ?? "")
    .sort();
}
