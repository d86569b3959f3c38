import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../harness/free-port.ts";
import { until } from "../harness/until.ts";

const program = join(import.meta.dirname, "..", "..", "apps/cli/src/main.ts");

interface Ended {
  code: number | null;
  output: string;
}

/** The commands of a new user, one after the other, on an empty data directory and a real database. */
describe("the first start", () => {
  let directory: string;
  let ports: string[];
  let server: ReturnType<typeof start>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "evertrack-first-"));
    ports = ["--port", String(await freePort()), "--management-port", String(await freePort())];
    server = start(["up", "--data-dir", directory, ...ports]);
    await until("the greeting is printed", 240_000, async () => server.output().includes("Ctrl-C"));
  });
  afterAll(async () => {
    server?.child.kill("SIGKILL");
    await run(["down", "--data-dir", directory]);
    await rm(directory, { recursive: true, force: true });
  });

  test("says where to go, the first login and what to do next", () => {
    expect(server.output()).toMatch(/Open +http:\/\/127\.0\.0\.1:\d+/);
    expect(server.output()).toMatch(/First login +admin \/ admin/);
    expect(server.output()).toMatch(/bom upload .*--wait/);
  });

  test("the demo prints real findings, and a second look finds them too", async () => {
    const demo = await run(["demo", "--data-dir", directory]);
    expect(demo.output).toMatch(/8 projects, 98 components, 30 findings/);
    expect(demo.code).toBe(0);
    const findings = await run(["findings", "harbor-lights-web@2.4.0", "--data-dir", directory]);
    expect(findings.output).toMatch(/critical +EVT-DEMO-2026-0002 +minimist +1\.2\.5 +1\.2\.6 /i);
    const names = ["harbor-lights-web@2.4.0", "minimist", "EVT-DEMO-2026-0002"];
    const why = await run(["findings", "explain", ...names, "--data-dir", directory]);
    expect(why.output).toMatch(/1\.2\.5 < 1\.2\.6 by npm order.*brought in +by mkdirp/s);
    expect(why.code).toBe(0);
  });

  test("a second start reports the running one and exits 0", async () => {
    const again = await run(["up", "--data-dir", directory, ...ports]);
    expect(again.code).toBe(0);
    expect(again.output).toMatch(/running/i);
  });

  test("a busy port names what holds it", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "evertrack-busy-"));
    const refused = await run(["up", "--data-dir", elsewhere, ...ports]);
    await rm(elsewhere, { recursive: true, force: true });
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/in use by process \d+ .*apps\/server\/src\/start\.mjs/);
  });

  test("Ctrl-C stops the server and says how to stop the database", async () => {
    server.child.kill("SIGINT");
    await server.ended;
    expect(server.output()).toMatch(/database is still running.* down /s);
    const down = await run(["down", "--data-dir", directory]);
    expect(down).toMatchObject({ code: 0, output: expect.stringMatching(/stopped the database/i) });
  });
});

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  return { child, output: () => output, ended: once(child, "close").then(([code]) => code as number | null) };
}

async function run(args: readonly string[]): Promise<Ended> {
  const { ended, output } = start(args);
  return { code: await ended, output: output() };
}
