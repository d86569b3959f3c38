import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pgBouncerMissing, testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npmAdvisory, writeNpmAdvisories } from "../harness/advisory-folder.ts";
import { type ApiClient, administratorOf } from "../harness/api-client.ts";
import { freePort } from "../harness/free-port.ts";
import type { FrontDoor } from "../harness/front-door/front-door.ts";
import { haProxyMissing, startHaProxy } from "../harness/front-door/haproxy.ts";
import { nginxMissing, startNginx } from "../harness/front-door/nginx.ts";
import { type Pooler, startPgBouncer } from "../harness/front-door/pgbouncer.ts";
import { mirrorOsv } from "../harness/osv-mirror.ts";
import { sampleBom } from "../harness/sample-bom.ts";
import { ServerProcess } from "../harness/server-process.ts";
import { runServer } from "../harness/server-run.ts";
import { until } from "../harness/until.ts";
import { startLoad } from "./load.ts";

const doors = [
  { name: "HAProxy", start: startHaProxy, why: haProxyMissing },
  { name: "nginx", start: startNginx, why: nginxMissing },
];
const POOL_SIZE = 8;
/** Of a megabyte each. */
const LARGE_UPLOAD_COMPONENTS = 200;
const bom = sampleBom([{ name: "left", version: "1.0.0", purl: "pkg:npm/left@1.0.0" }]);

describe.skipIf(pgBouncerMissing)(`two webs, a worker, PgBouncer (${pgBouncerMissing ?? "present"})`, () => {
  let directory: string;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let pooler: Pooler;
  let bucket: string;
  let worker: ServerProcess;
  const webs: { port: number; managementPort: number; server: ServerProcess }[] = [];
  let admin: ApiClient;

  beforeAll(async () => {
    database = await testDatabase();
    directory = await mkdtemp(join(tmpdir(), "front-doors-"));
    bucket = writeNpmAdvisories(directory, [npmAdvisory("TEST-1", "left", "2.0.0")]);
    const environment = { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" };
    const { status, output } = await runServer({ databaseUrl: database.url, dataDirectory: directory, environment });
    expect(status, output).toBe(0);
    pooler = await startPgBouncer({ directory, databaseUrl: database.url, poolSize: POOL_SIZE });
    worker = await startServer({});
    for (let count = 0; count < 2; count++) {
      const ports = { port: await freePort(), managementPort: await freePort() };
      webs.push({ ...ports, server: await startWeb(ports) });
    }
    admin = await administratorOf(webs[0]?.server.url ?? "");
    await mirrorOsv(admin, bucket, ["npm"]);
  });

  afterAll(async () => {
    const servers = [worker, ...webs.map(({ server }) => server)];
    await Promise.all(servers.filter((server) => server?.running).map((server) => server.kill()));
    await pooler?.stop();
    await database?.drop();
    await rm(directory, { recursive: true, force: true });
  });

  function startServer(environment: Record<string, string>, ports: { port?: number; managementPort?: number } = {}) {
    return ServerProcess.start({
      databaseUrl: pooler.url,
      dataDirectory: directory,
      environment: {
        DT_DATASOURCE_POOL_ENABLED: "false",
        DT_INIT_TASKS_ENABLED: "false",
        DT_VULN_DATA_SOURCE_FILE_ROOTS: bucket,
        ...environment,
      },
      ...ports,
    });
  }

  const startWeb = (ports: { port: number; managementPort: number }) =>
    startServer({ DT_CONFIG_PROFILE: "web", DT_SHUTDOWN_DRAIN_DELAY_MS: "2500" }, ports);

  describe.each(doors)("behind $name", ({ name, start, why }) => {
    describe.skipIf(why)(why ?? "as in deploy/", () => {
      let door: FrontDoor;
      let client: ApiClient;

      beforeAll(async () => {
        door = await start({ directory, webs: webs.map((web) => ({ host: "127.0.0.1", ...web })) });
        client = admin.at(door.url);
      });
      afterAll(() => door?.stop());

      test("an upload ends in a finding", async () => {
        const { token, projectUuid } = await client.upload(bom, { name: `through ${name}`, version: "1" });
        await client.processed(token);
        const findings = await client.listAll<{ vulnerability: { vulnId: string } }>(
          `/api/v1/finding/project/${projectUuid}`,
        );
        expect(findings.map(({ vulnerability }) => vulnerability.vulnId)).toEqual(["TEST-1"]);
      });

      test("an upload of 200 MB is taken", async () => {
        expect(await uploadLarge(client, `large ${name}`)).toMatch(/^200 .*token/);
      });

      test("no request fails while an instance is stopped and comes back, reads, POSTs and PUTs alike", async () => {
        const [web] = webs;
        if (web === undefined) throw new Error("no web");
        const load = startLoad(client, `rolled ${name}`);
        await until("requests of every kind are answered", 180_000, async () => load.enoughOfEach(5));
        expect(await web.server.stop()).toBe(0);
        web.server = await startWeb(web);
        await load.more(5);
        const { answered, failures } = await load.end();
        console.log(`${name}: ${JSON.stringify(answered)} answered, ${failures.length} failed`);
        expect(failures).toEqual([]);
      });

      test("no read fails when an instance is killed", async () => {
        const [, web] = webs;
        if (web === undefined) throw new Error("no web");
        const load = startLoad(client, `killed ${name}`, ["read", "read", "read", "read"]);
        await load.more(20);
        await web.server.kill();
        await load.more(50);
        web.server = await startWeb(web);
        await load.more(20);
        expect((await load.end()).failures).toEqual([]);
      });
    });
  });

  test("with every connection of the pool taken, requests are told to come back within seconds, and go on afterwards", async () => {
    const holders = Array.from({ length: POOL_SIZE }, () => new pg.Client(pooler.url));
    for (const holder of holders) await holder.connect().then(() => holder.query("begin"));
    const startedMs = performance.now();
    const refused = await admin.request("GET", "/api/v1/project");
    const tookMs = performance.now() - startedMs;
    for (const holder of holders) await holder.end();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(tookMs).toBeLessThan(20_000);
    await until("answered again", 180_000, async () => (await admin.request("GET", "/api/v1/project")).status === 200);
  });
});

/** A form whose BOM is mostly white space, sent component by component; the answer's status and text. */
function uploadLarge(client: ApiClient, project: string): Promise<string> {
  const boundary = "front-doors-boundary";
  const field = (key: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`;
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="bom"; filename="bom.json"\r\n\r\n`;
  const head = field("projectName", project) + field("projectVersion", "1") + field("autoCreate", "true") + file;
  const component = (index: number) => `{"type":"library","name":"large-${index}"${" ".repeat(1024 * 1024)}}`;
  return new Promise((resolve, reject) => {
    const headers = { ...client.headers, "Content-Type": `multipart/form-data; boundary=${boundary}` };
    const sent = request(`${client.url}/api/v1/bom`, { method: "POST", headers });
    sent.on("response", (response) => resolve(answerOf(response))).on("error", reject);
    sent.write(`${head}{"bomFormat":"CycloneDX","specVersion":"1.6","components":[${component(0)}`);
    let index = 1;
    const pour = () => {
      while (index < LARGE_UPLOAD_COMPONENTS)
        if (!sent.write(`,${component(index++)}`)) return sent.once("drain", pour);
      return sent.end(`]}\r\n--${boundary}--\r\n`);
    };
    pour();
  });
}

async function answerOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  return `${response.statusCode} ${text}`;
}
