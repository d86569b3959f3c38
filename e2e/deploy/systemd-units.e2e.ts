import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../harness/free-port.ts";
import { missing } from "../harness/front-door/listening-program.ts";

const curlMissing = missing("curl", "--version");
const root = join(import.meta.dirname, "../..");
/** A unit is a list of "Name=value"; a name may come several times. */
type Unit = [name: string, value: string][];

let directory: string;
let database: Awaited<ReturnType<typeof testDatabase>>;
let ports: { api: number; management: number };

beforeAll(async () => {
  database = await testDatabase();
  directory = mkdtempSync(join(tmpdir(), "evertrack-units-"));
  const { username, password, host, pathname } = new URL(database.url);
  mkdirSync(join(directory, "credentials"));
  mkdirSync(join(directory, "state"));
  writeFileSync(join(directory, "credentials/database-password"), `${decodeURIComponent(password)}\n`);
  const settings = [`DT_DATASOURCE_URL=postgres://${host}${pathname}`, `DT_DATASOURCE_USERNAME=${username}`];
  writeFileSync(join(directory, "evertrack.env"), [...settings, "DT_SHUTDOWN_DRAIN_DELAY_MS=0", ""].join("\n"));
  ports = { api: await freePort(), management: await freePort() };
});

afterAll(async () => {
  await database?.drop();
  rmSync(directory, { recursive: true, force: true });
});

/** The unit's text with what systemd would put in, and with places and ports of this test. */
function unit(file: string): Unit {
  const text = readFileSync(join(root, "deploy/systemd", file), "utf8")
    .replaceAll("/opt/evertrack/node_modules/.bin/node", process.execPath)
    .replaceAll("/opt/evertrack/", `${root}/`)
    .replaceAll("/etc/evertrack", directory)
    .replaceAll("/var/lib/evertrack", join(directory, "state"))
    .replaceAll("%d", join(directory, "credentials"))
    .replaceAll(/\b80[89]%i/g, String(ports.api))
    .replaceAll(/\b90[01]%i/g, String(ports.management))
    .replaceAll("DT_MANAGEMENT_PORT=9000", `DT_MANAGEMENT_PORT=${ports.management}`);
  return [...text.matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]);
}

const valuesOf = (settings: Unit, name: string) => settings.filter(([key]) => key === name).map(([, value]) => value);

/** Files first, then the unit's own variables, as systemd reads them: files win. */
function environmentOf(settings: Unit): NodeJS.ProcessEnv {
  const lines = valuesOf(settings, "EnvironmentFile").flatMap((path) => {
    if (path.startsWith("-")) return [];
    return readFileSync(path, "utf8").split("\n");
  });
  const variables = [...valuesOf(settings, "Environment"), ...lines].filter((line) => line.includes("="));
  return Object.fromEntries(
    variables.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

function start(settings: Unit, what: string, environment: NodeJS.ProcessEnv) {
  const [program = "", ...parameters] = valuesOf(settings, what)[0]?.split(" ") ?? [];
  const child = spawn(program, parameters, { cwd: directory, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const ended = once(child, "close").then(([status]) => ({ status: status as number | null, output }));
  return { child, ended };
}

test("the init unit's command migrates and ends with 0", async () => {
  const settings = unit("evertrack-init.service");
  const { status, output } = await start(settings, "ExecStart", environmentOf(settings)).ended;
  expect(status, output).toBe(0);
});

test.skipIf(curlMissing).each(["evertrack-web@.service", "evertrack-worker@.service"])(
  `%s: its command becomes ready, ExecStartPost notices, and SIGTERM ends it with 0 in time (${curlMissing ?? "curl"})`,
  async (file) => {
    const settings = unit(file);
    const { child, ended } = start(settings, "ExecStart", environmentOf(settings));
    const noticed = await start(settings, "ExecStartPost", process.env).ended;
    expect(noticed).toEqual({ status: 0, output: "" });
    expect((await fetch(`http://127.0.0.1:${ports.api}/api/version`)).status).toBe(200);
    const signalledMs = performance.now();
    child.kill("SIGTERM");
    const { status, output } = await ended;
    expect(status, output).toBe(0);
    const stopMaxMs = Number(valuesOf(settings, "TimeoutStopSec")[0]) * 1_000;
    expect(performance.now() - signalledMs).toBeLessThan(stopMaxMs);
  },
);
