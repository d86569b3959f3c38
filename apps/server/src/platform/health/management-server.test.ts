import { afterEach, describe, expect, test } from "vitest";
import { loadConfig } from "../config/index.ts";
import { type CheckKind, Health } from "./checks.ts";
import { InitTaskProgress } from "./init-tasks.ts";
import { ManagementServer } from "./management-server.ts";

const metrics = { contentType: "text/plain; version=0.0.4", text: async () => "dt_info 1\n" };
let server: ManagementServer | undefined;
afterEach(() => server?.close());

async function serve(health: Health, properties: Record<string, string> = {}): Promise<string> {
  const own = { "dt.management.host": "127.0.0.1", "dt.management.port": "0", ...properties };
  const overrides = new Map(Object.entries(own));
  server = new ManagementServer(
    loadConfig({ environment: {}, workingDirectory: "/nowhere", overrides }),
    health,
    metrics,
  );
  return `http://127.0.0.1:${await server.listen()}`;
}

function healthOf(states: Record<string, [CheckKind, "UP" | "DOWN"]>): Health {
  const health = new Health();
  for (const [name, [kind, status]] of Object.entries(states))
    health.add({ name, kind, run: () => ({ name, status }) });
  return health;
}

describe("probes", () => {
  test.each([
    ["/health/live", 200, ["a"]],
    ["/health/ready", 503, ["b", "c"]],
    ["/health/started", 200, ["d"]],
    ["/health", 503, ["a", "b", "c", "d"]],
    ["/health/anything", 503, ["a", "b", "c", "d"]],
  ])("%s answers %i with its checks", async (path, status, names) => {
    const health = healthOf({
      a: ["liveness", "UP"],
      b: ["readiness", "UP"],
      c: ["readiness", "DOWN"],
      d: ["startup", "UP"],
    });
    const answer = await fetch((await serve(health)) + path);
    const report = (await answer.json()) as { status: string; checks: { name: string }[] };
    expect([answer.status, report.status]).toEqual([status, status === 200 ? "UP" : "DOWN"]);
    expect(report.checks.map(({ name }) => name)).toEqual(names);
  });
  test("other addresses are not found", async () => {
    expect((await fetch(`${await serve(new Health())}/api/v1/project`)).status).toBe(404);
  });
  test("a check that throws is DOWN and says why, the others are told", async () => {
    const health = healthOf({ fine: ["readiness", "UP"] });
    health.add({
      name: "broken",
      kind: "readiness",
      run: () => {
        throw new Error("no");
      },
    });
    expect((await health.report(["readiness"])).checks).toEqual([
      { name: "fine", status: "UP" },
      { name: "broken", status: "DOWN", data: { reason: "no" } },
    ]);
  });
  test("a check that never answers is DOWN within 5 s", async () => {
    const health = new Health();
    health.add({ name: "stuck", kind: "readiness", run: () => new Promise(() => undefined) });
    const answer = await fetch(`${await serve(health)}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    expect(answer.status).toBe(503);
  });
  test("init tasks are UP only when all are done", () => {
    const progress = new InitTaskProgress();
    progress.note("a", "COMPLETED");
    progress.note("b", "STARTED");
    expect(progress.run()).toEqual({ name: "init-tasks", status: "DOWN", data: { a: "COMPLETED", b: "STARTED" } });
    progress.finish();
    expect(progress.run().status).toBe("UP");
  });
});

describe("metrics", () => {
  const credentials = { "dt.metrics.auth.username": "prom", "dt.metrics.auth.password": "pass:wörd" };
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

  test("are served only when switched on", async () => {
    expect((await fetch(`${await serve(new Health())}/metrics`)).status).toBe(404);
  });
  test("are open to anybody without credentials configured", async () => {
    const answer = await fetch(`${await serve(new Health(), { "dt.metrics.enabled": "true" })}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([200, "dt_info 1\n"]);
    expect(answer.headers.get("content-type")).toContain("version=0.0.4");
  });
  test("need the configured credentials, health does not", async () => {
    const url = await serve(new Health(), { "dt.metrics.enabled": "true", ...credentials });
    const statusWith = async (headers: Record<string, string>) => (await fetch(`${url}/metrics`, { headers })).status;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith(basic("prom:wrong"))).toBe(401);
    expect(await statusWith({ authorization: "Bearer x" })).toBe(401);
    expect(await statusWith(basic("prom:pass:wörd"))).toBe(200);
    expect((await fetch(`${url}/metrics`)).headers.get("www-authenticate")).toBe('Basic realm="metrics"');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
  test("with one half of the credentials only do not become open", async () => {
    const half = { "dt.metrics.enabled": "true", "dt.metrics.auth.username": "prom" };
    await expect(serve(new Health(), half)).rejects.toThrow(/dt\.metrics\.auth\.password/);
  });
});
