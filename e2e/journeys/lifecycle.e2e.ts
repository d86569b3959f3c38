import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensurePostgres, stopPostgres } from "@evertrack/embedded-postgres";
import { pgBouncerMissing, startPgBouncer, type TestPooler, testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { npmAdvisory, writeNpmAdvisories } from "../harness/advisory-folder.ts";
import { type ApiClient, administratorOf } from "../harness/api-client.ts";
import { Cluster } from "../harness/cluster.ts";
import { mirrorOsv } from "../harness/osv-mirror.ts";
import { sampleBom } from "../harness/sample-bom.ts";
import { ServerProcess } from "../harness/server-process.ts";
import { runServer } from "../harness/server-run.ts";
import { until } from "../harness/until.ts";

const root = join(import.meta.dirname, "../..");
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function emptyInstallation() {
  const database = await testDatabase();
  undo.push(() => database.drop());
  const directory = await mkdtemp(join(tmpdir(), "lifecycle-"));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  return { databaseUrl: database.url, dataDirectory: directory };
}

async function rowsOf<R>(databaseUrl: string, statement: string): Promise<R[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return (await client.query(statement)).rows as R[];
  } finally {
    await client.end();
  }
}

const tablesOf = (databaseUrl: string) =>
  rowsOf(databaseUrl, "select tablename from pg_tables where schemaname = 'public'");
const smallBom = sampleBom([{ name: "left", version: "1.0.0", purl: "pkg:npm/left@1.0.0" }]);

describe("roles", () => {
  test("the profile web serves requests, never leads and never claims", async () => {
    const cluster = await Cluster.start({ environment: { DT_CONFIG_PROFILE: "web" } });
    undo.push(() => cluster.close());
    const { token } = await cluster.admin.upload(smallBom, { name: "waiting", version: "1" });
    const web = cluster.first;
    await delay(3_000);
    expect(await cluster.admin.expect("GET", `/api/v1/event/token/${token}`)).toEqual({ processing: true });
    expect(await rowsOf(cluster.databaseUrl, "select holder from wf_lease")).toEqual([]);
    const worker = await cluster.addInstance({ DT_CONFIG_PROFILE: "" });
    await cluster.admin.processed(token);
    const holders = await rowsOf(cluster.databaseUrl, "select holder from wf_lease");
    expect(holders).toEqual([{ holder: worker.instanceId }]);
    const workers = await rowsOf<{ id: string }>(
      cluster.databaseUrl,
      "select distinct instance_id as id from wf_attempt where instance_id is not null",
    );
    expect(workers.map(({ id }) => id)).not.toContain(web.instanceId);
  });

  test("init-only ends with 0 and leaves a schema others start on; without a database it ends with 1", async () => {
    const installation = await emptyInstallation();
    const environment = { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" };
    const done = await runServer({ ...installation, environment });
    expect(done.status, done.output).toBe(0);
    const before = await tablesOf(installation.databaseUrl);
    expect(before.length).toBeGreaterThan(20);
    const served = await ServerProcess.start({ ...installation, environment: { DT_INIT_TASKS_ENABLED: "false" } });
    expect((await fetch(`${served.managementUrl}/health`)).status).toBe(200);
    expect(await served.stop()).toBe(0);
    expect(await tablesOf(installation.databaseUrl)).toEqual(before);
    const unreachable = { ...installation, databaseUrl: "postgres://nobody@127.0.0.1:1/none" };
    const failed = await runServer({ ...unreachable, environment });
    expect(failed.status, failed.output).toBe(1);
    expect(failed.output).toContain("could not be asked whether this version may run; nothing was started");
  });

  test("without init tasks an empty database stays empty and the start fails", async () => {
    const installation = await emptyInstallation();
    const ended = await runServer({ ...installation, environment: { DT_INIT_TASKS_ENABLED: "false" } });
    expect(ended.status, ended.output).toBe(1);
    expect(await tablesOf(installation.databaseUrl)).toEqual([]);
  });

  test("five processes on an empty database all become ready, and each migration ran once", {
    timeout: 600_000,
  }, async () => {
    const installation = await emptyInstallation();
    const starting = Array.from({ length: 5 }, () => ServerProcess.start(installation));
    undo.push(async () => {
      for (const each of await Promise.allSettled(starting)) if (each.status === "fulfilled") await each.value.stop();
    });
    const instances = await Promise.all(starting);
    for (const { managementUrl } of instances) expect((await fetch(`${managementUrl}/health`)).status).toBe(200);
    const recorded = await rowsOf<{ id: string; state: string }>(
      installation.databaseUrl,
      "select id, state from evertrack_schema_migration order by id",
    );
    const files = await Promise.all(
      ["apps/server/migrations", "packages/engine/migrations"].map((folder) => readdir(join(root, folder))),
    );
    const ids = files.flat().filter((name) => /^\d{12}__.*\.sql$/.test(name));
    expect(recorded.map(({ id }) => `${id}.sql`)).toEqual(ids.sort());
    expect(new Set(recorded.map(({ state }) => state))).toEqual(new Set(["done"]));
    const admins = await rowsOf(installation.databaseUrl, "select count(*)::int as count from user_account");
    expect(admins).toEqual([{ count: 1 }]);
  });
});

describe.skipIf(pgBouncerMissing)(`behind PgBouncer in transaction mode (${pgBouncerMissing ?? "present"})`, () => {
  test("init tasks go the direct way, and an upload ends in a finding", async () => {
    const installation = await emptyInstallation();
    const pooler: TestPooler = await startPgBouncer({ serverUrl: installation.databaseUrl });
    undo.push(() => pooler.stop());
    const bucket = writeNpmAdvisories(installation.dataDirectory, [npmAdvisory("TEST-1", "left", "2.0.0")]);
    const server = await ServerProcess.start({
      ...installation,
      databaseUrl: pooler.urlOf(installation.databaseUrl),
      environment: {
        DT_DATASOURCE_POOL_ENABLED: "false",
        DT_DATASOURCE_DIRECT_URL: installation.databaseUrl,
        DT_INIT_TASKS_DATASOURCE_NAME: "direct",
        DT_VULN_DATA_SOURCE_FILE_ROOTS: bucket,
      },
    });
    undo.push(() => server.stop());
    const admin = await administratorOf(server.url);
    await mirrorOsv(admin, bucket, ["npm"]);
    const { token, projectUuid } = await admin.upload(smallBom, { name: "pooled", version: "1" });
    await admin.processed(token);
    const findings = await admin.listAll<{ vulnerability: { vulnId: string } }>(
      `/api/v1/finding/project/${projectUuid}`,
    );
    expect(findings.map(({ vulnerability }) => vulnerability.vulnId)).toEqual(["TEST-1"]);
    expect(await server.stop()).toBe(0);
  });
});

describe("stopping", () => {
  const DRAIN_MS = 10_000;
  /** What a busy machine may be late with at the end of draining. */
  const LATE_MS = 2_000;
  const UPLOADS = 12;

  test("SIGTERM under load answers every request under way and every one that comes while draining, and exits 0", async () => {
    const cluster = await Cluster.start({ environment: { DT_SHUTDOWN_DRAIN_DELAY_MS: String(DRAIN_MS) } });
    undo.push(() => cluster.close());
    const server = cluster.first;
    const slow = Array.from({ length: UPLOADS }, (_, index) => slowUpload(cluster.admin, `slow-${index}`));
    await Promise.all(slow.map(({ begun }) => begun));
    const load = startLoad(server.url);
    await until("requests are answered", 180_000, async () => load.statuses.length > 20);
    const signalledAtMs = performance.now();
    server.signal("SIGTERM");
    await until(
      "readiness turns DOWN",
      DRAIN_MS,
      async () => (await fetch(`${server.managementUrl}/health/ready`)).status === 503,
    );
    await delay(DRAIN_MS + 500);
    expect(server.running, "uploads are under way").toBe(true);
    for (const upload of slow) upload.finish();
    expect(await Promise.all(slow.map(({ status }) => status))).toEqual(slow.map(() => 200));
    expect(await server.ended()).toBe(0);
    const { statuses, failures } = await load.end();
    expect(new Set(statuses)).toEqual(new Set([200]));
    const early = failures.filter(({ startedAtMs }) => startedAtMs < signalledAtMs + DRAIN_MS - LATE_MS);
    expect(early).toEqual([]);
  });

  /** A multipart upload whose second half waits for `finish`. */
  function slowUpload(admin: ApiClient, name: string) {
    const boundary = "lifecycle-boundary";
    const field = (key: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`;
    const head = field("projectName", name) + field("projectVersion", "1") + field("autoCreate", "true");
    const file = `--${boundary}\r\nContent-Disposition: form-data; name="bom"; filename="bom.json"\r\n\r\n`;
    const sent = httpRequest(`${admin.url}/api/v1/bom`, {
      method: "POST",
      headers: { ...admin.headers, "Content-Type": `multipart/form-data; boundary=${boundary}` },
    });
    const status = new Promise<number | string>((resolve) => {
      sent.on("response", (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      });
      sent.on("error", (error) => resolve(String(error)));
    });
    const begun = new Promise<void>((resolve) => {
      sent.write(head + file + smallBom.slice(0, 20), () => resolve());
    });
    return { begun, status, finish: () => sent.end(`${smallBom.slice(20)}\r\n--${boundary}--\r\n`) };
  }

  /** Four clients that ask one request after the other, each telling how it went. */
  function startLoad(url: string) {
    const statuses: number[] = [];
    const failures: { startedAtMs: number; error: string }[] = [];
    let ended = false;
    const client = async () => {
      while (!ended) {
        const startedAtMs = performance.now();
        try {
          const answer = await fetch(`${url}/api/version`);
          await answer.text();
          statuses.push(answer.status);
        } catch (error) {
          failures.push({ startedAtMs, error: String(error instanceof Error ? (error.cause ?? error) : error) });
          await delay(20);
        }
      }
    };
    const clients = Array.from({ length: 4 }, client);
    return {
      statuses,
      failures,
      async end() {
        ended = true;
        await Promise.all(clients);
        return { statuses, failures };
      },
    };
  }
});

/** Seconds, on a busy machine too: statements would be waited for four times as long. */
const ANSWER_MAX_MS = 15_000;

test("an outage of the database is a 503 with Retry-After and not ready; all goes on by itself afterwards", {
  timeout: 600_000,
}, async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "outage-"));
  const postgres = () => ensurePostgres({ dataDirectory: join(dataDirectory, "db") });
  undo.push(() => rm(dataDirectory, { recursive: true, force: true }));
  undo.push(() => stopPostgres({ dataDirectory: join(dataDirectory, "db") }));
  const { url: databaseUrl } = await postgres();
  const server = await ServerProcess.start({ databaseUrl, dataDirectory });
  undo.push(() => server.stop());
  const admin = await administratorOf(server.url);
  const ready = async () => (await fetch(`${server.managementUrl}/health/ready`)).status;
  const before = await admin.upload(smallBom, { name: "before", version: "1" });

  await stopPostgres({ dataDirectory: join(dataDirectory, "db"), mode: "immediate" });
  const startedMs = performance.now();
  const refused = await admin.request("GET", "/api/v1/project");
  expect(performance.now() - startedMs).toBeLessThan(ANSWER_MAX_MS);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(refused.json).toMatchObject({ status: 503, title: "Temporarily unavailable" });
  await until("not ready", 180_000, async () => (await ready()) === 503);
  expect((await fetch(`${server.managementUrl}/health/live`)).status).toBe(200);
  await delay(5_000);

  await postgres();
  await until("ready again", 180_000, async () => (await ready()) === 200);
  expect(server.running).toBe(true);
  await admin.processed(before.token, 90_000);
  const { token } = await admin.upload(smallBom, { name: "after", version: "1" });
  await admin.processed(token, 90_000);
  expect((await admin.listAll("/api/v1/project")).length).toBe(2);
  expect(await server.stop()).toBe(0);
});
