/** The whole of `up` and `down` as processes: real PostgreSQL, a stub in place of the server program. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { statusOf } from "@evertrack/embedded-postgres";
import { expect, test } from "vitest";
import { identify, isAlive } from "../src/up/process-identity.ts";
import { readState, type UpState } from "../src/up/state-file.ts";
import { freePorts, type RunningCli, runCli, STUB_SERVER, scratchDirectory, startCli, until } from "./run-cli.ts";

const TEST_TIMEOUT_MS = 240_000;

/** A data directory of its own; whatever runs on it is stopped at the end. */
async function machine() {
  const scratch = scratchDirectory();
  const port = await freePorts(6);
  const data = join(scratch.path, "data");
  const options = ["--data-dir", data];
  const env = { EVERTRACK_SERVER_PROGRAM: STUB_SERVER, STUB_TRACE: join(scratch.path, "trace") };
  const ports = ["--port", String(port), "--management-port", String(port + 3)];
  return {
    data,
    port,
    start: (extra: readonly string[] = [], more: Record<string, string> = {}, ownGroup = false) =>
      startCli(["up", ...options, ...ports, ...extra], { ...env, ...more }, undefined, ownGroup),
    run: (...args: string[]) => runCli([...args, ...options], env),
    state: () => readState(join(data, "up.json")),
    trace: () => readFileSync(join(scratch.path, "trace"), "utf8"),
    async [Symbol.asyncDispose]() {
      await runCli(["down", ...options], env);
      scratch[Symbol.dispose]();
    },
  };
}

type Machine = Awaited<ReturnType<typeof machine>>;

async function running(here: Machine, up: RunningCli): Promise<UpState> {
  await until("running", () => here.state()?.phase === "running" && up.output().includes("Ctrl-C"), up.output);
  return here.state() as UpState;
}

test(
  "up starts database, migrations and instances, tells what to do next, and Ctrl-C drains them",
  async () => {
    await using here = await machine();
    const up = here.start(["--instances", "2"], { STUB_DRAIN_MS: "100" }, true);
    const state = await running(here, up);
    expect(state.instances.map(({ port }) => port)).toEqual([here.port, here.port + 1]);
    expect(await (await fetch(`http://127.0.0.1:${here.port + 1}/`)).text()).toBe("/");
    for (const text of [
      `Open        http://127.0.0.1:${here.port}`,
      "admin / admin",
      "demo --data-dir",
      "curl -X POST",
    ])
      expect(up.output()).toContain(text);
    expect(here.trace()).toMatch(/^migrate\nstart/);
    process.kill(-(up.child.pid ?? 0), "SIGINT");
    const run = await up.done;
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("instance 1 stopped after") });
    expect(run.stdout).toContain(`down --data-dir ${here.data}`);
    expect(here.trace().match(/drained/g)).toHaveLength(2);
    expect(here.state()).toBeUndefined();
    expect(statusOf(join(here.data, "postgres")).running).toBe(true);
    expect(await here.run("down")).toMatchObject({ code: 0, stdout: expect.stringContaining("Stopped the database") });
    expect(statusOf(join(here.data, "postgres")).running).toBe(false);
    expect(await here.run("down")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing is running") });
  },
  TEST_TIMEOUT_MS,
);

test(
  "a second up reports the running one, --json too; another version is refused with 3; down stops both",
  async () => {
    await using here = await machine();
    const up = here.start();
    const state = await running(here, up);
    const second = await here.run("up");
    expect(second).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`already running (process ${state.owner.pid}`),
    });
    expect(second.stdout).toContain(`http://127.0.0.1:${here.port}`);
    const json = await here.run("up", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      state: "already-running",
      url: `http://127.0.0.1:${here.port}`,
      pid: state.owner.pid,
      instances: [{ index: 0, port: here.port }],
    });
    writeFileSync(join(here.data, "up.json"), JSON.stringify({ ...state, version: "99.0.0" }));
    const other = await here.run("up");
    expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining("Evertrack 99.0.0 runs on") });
    expect(isAlive(state.owner)).toBe(true);
    expect(JSON.parse((await here.run("down", "--json")).stdout)).toMatchObject({
      stopped: { server: true, database: true },
    });
    expect((await up.done).code).toBe(0);
  },
  TEST_TIMEOUT_MS,
);

test(
  "two ups at once start one server; both end well",
  async () => {
    await using here = await machine();
    const both = [here.start(), here.start()];
    const first = await Promise.race(both.map(({ done }) => done));
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("already running") });
    expect(here.trace().match(/^start/gm)).toHaveLength(1);
    await here.run("up", "--stop");
    expect((await Promise.all(both.map(({ done }) => done))).map(({ code }) => code)).toEqual([0, 0]);
  },
  TEST_TIMEOUT_MS,
);

test(
  "an instance killed under up comes back and this is said",
  async () => {
    await using here = await machine();
    const up = here.start();
    const state = await running(here, up);
    process.kill(state.instances[0]?.process?.pid ?? 0, "SIGKILL");
    await until("restart", () => up.output().includes("instance 0 is ready again"), up.output);
    expect(up.output()).toContain("instance 0 ended unexpectedly (signal SIGKILL); restart 1 in 0.5 s");
    expect(here.state()?.instances[0]?.process?.pid).not.toBe(state.instances[0]?.process?.pid);
  },
  TEST_TIMEOUT_MS,
);

test(
  "after kill -9 of up, the next one ends what was left behind and takes over",
  async () => {
    await using here = await machine();
    const first = here.start();
    const state = await running(here, first);
    first.child.kill("SIGKILL");
    await first.done;
    const orphan = state.instances[0]?.process ?? identify(0);
    expect(isAlive(orphan)).toBe(true);
    const second = here.start();
    await running(here, second);
    expect(isAlive(orphan)).toBe(false);
    expect(second.output()).toContain('An earlier "up" was killed');
    expect(here.state()?.owner.pid).toBe(second.child.pid);
  },
  TEST_TIMEOUT_MS,
);

test(
  "a busy port ends with 1, names the holder, and leaves nothing behind",
  async () => {
    await using here = await machine();
    const holder = createServer().listen(here.port, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const run = await here.start().done;
    holder.close();
    expect(run).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Port ${here.port} is in use by process ${process.pid} (`),
    });
    expect(here.state()).toBeUndefined();
    expect(statusOf(join(here.data, "postgres")).running).toBe(false);
  },
  TEST_TIMEOUT_MS,
);

test(
  "failed migrations and a server that cannot start end with 1 and show the log's last lines",
  async () => {
    await using here = await machine();
    const migrations = await here.start([], { STUB_MIGRATE_EXIT: "1" }).done;
    expect(migrations).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/The migrations failed \(exit code 1\)[\s\S]*stub migration log/),
    });
    const server = await here.start([], { STUB_EXIT_BEFORE_READY: "4" }).done;
    expect(server).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/instance 0 ended: exit code 4[\s\S]*because of a wrong setting/),
    });
    expect(here.state()).toBeUndefined();
  },
  TEST_TIMEOUT_MS,
);
