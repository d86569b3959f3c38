import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { administratorOf } from "../harness/api-client.ts";
import { Cluster } from "../harness/cluster.ts";
import { sampleBom } from "../harness/sample-bom.ts";
import { ServerProcess } from "../harness/server-process.ts";
import { runServer } from "../harness/server-run.ts";
import { until } from "../harness/until.ts";

/** What an instance does by its role, while others of the same installation do something else. */
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const bom = sampleBom([{ name: "left", version: "1.0.0", purl: "pkg:npm/left@1.0.0" }]);
const OFTEN = "* * * * * *";
const SOON_MS = 180_000;
/** Longer than a lease check, many polls, and several firings of a task every second. */
const WATCHED_MS = 5_000;

async function rowsOf<R>(databaseUrl: string, statement: string): Promise<R[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return (await client.query(statement)).rows as R[];
  } finally {
    await client.end();
  }
}

/** What instances did, by their ids. */
async function doings(databaseUrl: string) {
  const column = async (statement: string) =>
    (await rowsOf<{ value: string }>(databaseUrl, statement)).map(({ value }) => value);
  return {
    leaders: await column("select holder as value from wf_lease"),
    firedBy: await column("select distinct fired_by as value from wf_cron_firing where fired_by is not null"),
    claimedBy: await column(
      `select distinct instance_id as value from wf_attempt where instance_id is not null
       union select distinct locked_by from wf_run where locked_by is not null`,
    ),
  };
}

async function installation() {
  const database = await testDatabase();
  undo.push(() => database.drop());
  const dataDirectory = await mkdtemp(join(tmpdir(), "profiles-"));
  undo.push(() => rm(dataDirectory, { recursive: true, force: true }));
  return { databaseUrl: database.url, dataDirectory };
}

describe("a web instance", () => {
  test("never leads, fires and claims nothing while runs queue up, but starts them; a full one then does all", async () => {
    const environment = {
      DT_CONFIG_PROFILE: "web",
      DT_TASK_ABANDONED_UPLOAD_CHECK_CRON: OFTEN,
      DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "500",
    };
    const cluster = await Cluster.start({ environment });
    undo.push(() => cluster.close());
    const web = cluster.first;
    const tokens: string[] = [];
    for (let count = 0; count < 20; count++)
      tokens.push((await cluster.admin.upload(bom, { name: `queued ${count}`, version: "1" })).token);
    await delay(WATCHED_MS);
    const waiting = await rowsOf(cluster.databaseUrl, "select 1 from wf_run where status = 'CREATED' and fence = 0");
    expect(waiting).toHaveLength(tokens.length);
    expect(await doings(cluster.databaseUrl)).toEqual({ leaders: [], firedBy: [], claimedBy: [] });
    const worker = await cluster.addInstance({ DT_CONFIG_PROFILE: "" });
    for (const token of tokens) await cluster.admin.processed(token, SOON_MS);
    const fired = async () => (await doings(cluster.databaseUrl)).firedBy.length > 0;
    await until("the worker fires", SOON_MS, fired);
    const only = [worker.instanceId];
    expect(await doings(cluster.databaseUrl)).toEqual({ leaders: only, firedBy: only, claimedBy: only });
    expect(web.running).toBe(true);
  });
});

describe("a worker limited to queues", () => {
  test("claims only those, named by a profile file; a worker for the rest completes the work", async () => {
    const { databaseUrl, dataDirectory } = await installation();
    await mkdir(join(dataDirectory, "config"));
    await writeFile(
      join(dataDirectory, "config", "application-importer.properties"),
      "dt.dex-engine.workers.queues=artifact-imports,vuln-analyses\ndt.dex-engine.leader-election.enabled=false\n",
    );
    const start = async (environment: Record<string, string>) => {
      const instance = await ServerProcess.start({ databaseUrl, dataDirectory, environment });
      undo.push(() => instance.stop());
      return instance;
    };
    const importer = await start({ DT_CONFIG_PROFILE: "importer" });
    const rest = await start({
      DT_DEX_ENGINE_WORKERS_QUEUES: "default,metrics-updates",
      DT_DEX_ENGINE_ACTIVITY_WORKER_VULN_ANALYSIS_ENABLED: "false",
    });
    const admin = await administratorOf(rest.url);
    for (let count = 0; count < 5; count++) {
      const { token } = await admin.upload(bom, { name: `shared ${count}`, version: "1" });
      await admin.processed(token, SOON_MS);
    }
    const claimsSoFar = () =>
      rowsOf<{ kind: string; queue: string; by: string }>(
        databaseUrl,
        `select kind, queue, locked_by as by from wf_run where locked_by is not null
       union select r.kind, r.queue, a.instance_id from wf_attempt a join wf_run r on r.id = a.run_id
       where a.instance_id is not null order by 1, 2`,
      );
    // Metrics follow once an upload is told to be processed.
    await until("all is done", SOON_MS, async () =>
      (await claimsSoFar()).some(({ queue }) => queue === "metrics-updates"),
    );
    const claims = await claimsSoFar();
    const by = (id: string) => claims.filter((claim) => claim.by === id).map(({ kind, queue }) => `${kind}:${queue}`);
    expect(by(importer.instanceId)).toEqual(["activity:artifact-imports", "activity:vuln-analyses"]);
    expect(by(rest.instanceId)).toEqual(expect.arrayContaining(["activity:metrics-updates", "workflow:default"]));
    expect(by(rest.instanceId)).not.toContain("activity:artifact-imports");
    expect(by(rest.instanceId)).not.toContain("activity:vuln-analyses");
  });
});

describe("an instance for init tasks only", () => {
  test("ends with 0, and so does a second one, which finds nothing to do; neither leads nor works", async () => {
    const given = await installation();
    const environment = { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" };
    const migrations = () =>
      rowsOf(given.databaseUrl, "select id, checksum, applied_at::text from evertrack_schema_migration order by id");
    const first = await runServer({ ...given, environment });
    expect(first.status, first.output).toBe(0);
    const done = await migrations();
    expect(done.length).toBeGreaterThan(10);
    const second = await runServer({ ...given, environment });
    expect(second.status, second.output).toBe(0);
    expect(await migrations()).toEqual(done);
    expect(await doings(given.databaseUrl)).toEqual({ leaders: [], firedBy: [], claimedBy: [] });
  });
});

describe("a start is refused with status 2, by key and value", () => {
  test.each([
    ["DT_TASK_PROJECT_MAINTENANCE_CRON", "every night", 'dt.task.project-maintenance.cron: \\"every night\\" is not'],
    [
      "DT_DEX_ENGINE_WORKERS_QUEUES",
      "vuln-analysis",
      'dt.dex-engine.workers.queues: \\"vuln-analysis\\" is not a queue',
    ],
    ["DT_CONFIG_PROFILE", "wbe", 'dt.config.profile: \\"wbe\\" is not a built-in profile'],
  ])("%s=%s", async (key, value, message) => {
    const given = await installation();
    const { status, output } = await runServer({ ...given, environment: { [key]: value } });
    expect(output).toContain(message);
    expect(status).toBe(2);
  });
});
