/** `demo` against a server that keeps state but analyses nothing: what is asked of it, and in which order. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { VERSION } from "../src/program-name.ts";
import { identify } from "../src/up/process-identity.ts";
import type { UpState } from "../src/up/state-file.ts";
import { runCli, scratchDirectory } from "./run-cli.ts";
import { type Handler, on, type Seen, type StubApi, startStubApi } from "./stub-api.ts";

const CONFIG_PATH = "/api/v2/extension-points/vuln-data-source/extensions/osv/config";
const FIRST_CONFIG = {
  enabled: false,
  dataUrl: "https://feed.example.com",
  ecosystems: ["npm"],
  incrementalMirroringEnabled: true,
};

interface World {
  password: string;
  mustChange: boolean;
  config: unknown;
  runs: number;
  projects: string[];
}

function formOf(request: Seen): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(request.body));
}

function accessOf(world: World): Handler[] {
  return [
    on("POST", "/api/v1/user/login", (request) => {
      if (formOf(request).password !== world.password) return { status: 401, body: "INVALID_CREDENTIALS" };
      return world.mustChange ? { status: 401, body: "FORCE_PASSWORD_CHANGE" } : { body: "session" };
    }),
    on("POST", "/api/v1/user/forceChangePassword", (request) => {
      Object.assign(world, { password: formOf(request).newPassword, mustChange: false });
      return { body: "" };
    }),
    on("GET", "/api/v1/team", () => ({
      body: [{ uuid: "adm", name: "Administrators" }],
      headers: { "x-total-count": "1" },
    })),
    on("PUT", "/api/v1/team/adm/key", () => ({ status: 201, body: { key: "odt_admin", publicId: "pub" } })),
    (request) =>
      request.headers["x-api-key"] === "odt_admin" || request.path.startsWith("/api/v1/team/key")
        ? undefined
        : { status: 401 },
  ];
}

function portfolioOf(world: World): Handler[] {
  const finding = {
    component: { name: "lodash", projectName: "shop" },
    vulnerability: { vulnId: "EVT-1", source: "OSV", severity: "HIGH" },
    matrix: "m",
  };
  return [
    on("GET", CONFIG_PATH, () => ({ body: { config: world.config } })),
    on("PUT", CONFIG_PATH, (request) => {
      world.config = JSON.parse(request.body).config;
      return { status: 204 };
    }),
    on("POST", "/api/v2/vuln-data-sources/osv/mirror-runs", () => ({ status: ++world.runs > 0 ? 202 : 500 })),
    on("GET", "/api/v2/vuln-data-sources/osv/mirror-runs/latest", () =>
      world.runs === 0
        ? { status: 404 }
        : { body: { status: "COMPLETED", started_at: world.runs, completed_at: world.runs } },
    ),
    on("POST", "/api/v1/bom", (request) => {
      const name = /name="projectName"\r\n\r\n([^\r]+)/.exec(request.body)?.[1] ?? "";
      world.projects.push(name);
      return { body: { token: `t-${world.projects.length}`, projectUuid: `p-${world.projects.length}` } };
    }),
    on("GET", /\/api\/v1\/event\/token\/.+/, () => ({ body: { processing: false } })),
    on("GET", /\/api\/v1\/finding\/project\/.+/, () => ({ body: [finding], headers: { "x-total-count": "1" } })),
    on("GET", "/api/v1/project/tag/evertrack-demo", () => ({
      body: world.projects.map((name, index) => ({ uuid: `p-${index + 1}`, name })),
      headers: { "x-total-count": String(world.projects.length) },
    })),
    on("DELETE", /\/api\/v1\/project\/.+/, () => ({ status: 204 })),
    on("GET", "/api/v1/project", () => ({ body: [], headers: { "x-total-count": "0" } })),
  ];
}

async function local(world: Partial<World> = {}) {
  const scratch = scratchDirectory();
  const state: World = { password: "admin", mustChange: true, config: FIRST_CONFIG, runs: 0, projects: [], ...world };
  const stub = await startStubApi(...accessOf(state), ...portfolioOf(state));
  mkdirSync(join(scratch.path, "demo"));
  writeFileSync(join(scratch.path, "up.json"), JSON.stringify(upState(stub)));
  return {
    world: state,
    stub,
    file: (name: string) => join(scratch.path, name),
    run: (...args: string[]) => runCli(["demo", "--data-dir", scratch.path, ...args]),
    async [Symbol.asyncDispose]() {
      await stub[Symbol.asyncDispose]();
      scratch[Symbol.dispose]();
    },
  };
}

/** As if an `up` ran the stub. */
function upState(stub: StubApi): UpState {
  const port = Number(new URL(stub.url).port);
  const instances = [{ index: 0, port, managementPort: port, process: identify(process.pid) }];
  return {
    format: 1,
    phase: "running",
    owner: identify(process.pid),
    version: VERSION,
    host: "127.0.0.1",
    since: "now",
    instances,
  };
}

test("on a fresh server the demo does the first login, tells where the password is, and leaves findings", async () => {
  await using here = await local();
  const run = await here.run();
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("8 projects, 98 components, 8 findings") });
  expect(run.stderr).toContain(`password in ${here.file("first-login.txt")}`);
  expect(statSync(here.file("first-login.txt")).mode & 0o777).toBe(0o600);
  expect(readFileSync(here.file("first-login.txt"), "utf8")).toContain(`password: ${here.world.password}\n`);
  expect(here.world.password).toMatch(/^[\w-]{24}$/);
  expect(here.world.config).toMatchObject({
    enabled: true,
    ecosystems: ["evertrack-demo"],
    dataUrl: expect.stringMatching(/^file:.*\/demo\/osv$/),
  });
  expect(here.world.projects.filter((name) => name === "harbor-lights-web")).toHaveLength(2);
  const again = await here.run("--json");
  expect(JSON.parse(again.stdout)).toMatchObject({
    counts: { HIGH: 8 },
    projects: expect.arrayContaining([expect.objectContaining({ name: "quarry-index" })]),
  });
  expect(here.stub.of("PUT", "/api/v1/team/adm/key")).toHaveLength(1);
});

test("removing deletes the projects, withdraws the advisories and restores the source as it was before the first demo", async () => {
  await using here = await local();
  await here.run();
  await here.run();
  const run = await here.run("--remove", "--json");
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual({ removedProjects: 16, withdrawn: 29, deleted: 0, restored: true });
  expect(here.world.config).toEqual(FIRST_CONFIG);
  expect(here.world.runs).toBe(3);
  const advisory = JSON.parse(readFileSync(here.file("demo/osv/evertrack-demo/EVT-DEMO-2026-0001.json"), "utf8"));
  expect(advisory.withdrawn).toBe(advisory.modified);
});

test("when the password was changed, nothing is touched and credentials are asked for", async () => {
  await using here = await local({ password: "own", mustChange: false });
  const run = await here.run();
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("administrator's password has been changed") });
  expect(existsSync(here.file("first-login.txt"))).toBe(false);
  expect(here.stub.seen.map(({ path }) => path)).toEqual(["/api/v1/user/login"]);
});

test("a saved key that is no longer accepted is replaced, with the password the first demo chose", async () => {
  await using here = await local();
  await here.run();
  writeFileSync(
    here.file("cli.json"),
    JSON.stringify({ servers: { [here.stub.url]: { apiKey: "odt_gone", savedAt: "x" } } }),
  );
  expect(await here.run()).toMatchObject({ code: 0 });
  expect(here.stub.of("PUT", "/api/v1/team/adm/key")).toHaveLength(2);
  expect(here.stub.of("POST", "/api/v1/user/forceChangePassword")).toHaveLength(1);
});

test("a server that is not the local one is refused before anything is sent", async () => {
  await using here = await local();
  await using other = await startStubApi();
  const run = await here.run("--url", other.url, "--api-key", "k");
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("this machine only") });
  expect(other.seen).toEqual([]);
});
