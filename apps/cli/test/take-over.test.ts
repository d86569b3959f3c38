/** One `up` takes the place of another, as processes; a stub in place of the server program, which needs no database. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { identify, isAlive, type ProcessIdentity } from "../src/up/process-identity.ts";
import { readState, type UpState } from "../src/up/state-file.ts";
import { freePorts, type RunningCli, runCli, STUB_SERVER, scratchDirectory, startCli, until } from "./run-cli.ts";

const TEST_TIMEOUT_MS = 240_000;

/** A data directory with an `up` that runs; whatever runs on it at the end is stopped. */
async function machine(instances = 1) {
  const scratch = scratchDirectory();
  const port = await freePorts(6);
  const data = join(scratch.path, "data");
  const stateFile = join(data, "up.json");
  const env = {
    EVERTRACK_SERVER_PROGRAM: STUB_SERVER,
    STUB_TRACE: join(scratch.path, "trace"),
    STUB_DRAIN_MS: "300",
    DT_DATASOURCE_URL: "postgres://127.0.0.1:1/none",
  };
  const ports = ["--port", String(port), "--management-port", String(port + 3), "--instances", String(instances)];
  const up = (extra: readonly string[] = [], more: Record<string, string> = {}) =>
    startCli(["up", "--data-dir", data, ...ports, ...extra], { ...env, ...more });
  const here = {
    port,
    data,
    up,
    state: () => readState(stateFile) as UpState,
    next: () => readState(join(data, "up-next.json")),
    trace: () => readFileSync(join(scratch.path, "trace"), "utf8"),
    down: () => runCli(["down", "--data-dir", data], env),
    /** As if another version had written it. */
    pretend: (version: string) => writeFileSync(stateFile, JSON.stringify({ ...here.state(), version })),
    async [Symbol.asyncDispose]() {
      await here.down();
      scratch[Symbol.dispose]();
    },
  };
  const old = up();
  try {
    await until("running", () => existsSync(stateFile) && here.state().phase === "running", old.output);
  } catch (error) {
    await here[Symbol.asyncDispose]();
    throw error;
  }
  return { ...here, old, before: here.state() };
}

const CLIENTS = 2;

/** Clients that open a connection for each request, and never send one twice. */
function startLoad(port: number) {
  const failures: string[] = [];
  let answered = 0;
  let over = false;
  const agent = new Agent();
  const ask = () =>
    new Promise<void>((resolve) => {
      const failed = (error: Error) => {
        failures.push(String(error));
        resolve();
      };
      const sent = request({ agent, host: "127.0.0.1", port }, (answer) => {
        answer.resume();
        answer.once("error", failed);
        answer.once("end", () => {
          answered += 1;
          resolve();
        });
      });
      sent.once("error", failed);
      sent.end();
    });
  const client = async () => {
    for (; !over; await sleep(5)) await ask();
  };
  const clients = Array.from({ length: CLIENTS }, client);
  return {
    answered: () => answered,
    async end() {
      over = true;
      await Promise.all(clients);
      return failures;
    },
  };
}

const instanceOf = (state: UpState | undefined): ProcessIdentity => state?.instances[0]?.process ?? { pid: 0 };

async function tookOver(here: Awaited<ReturnType<typeof machine>>, up: RunningCli): Promise<UpState> {
  await until("done", () => up.output().includes("Ctrl-C"), up.output);
  expect(here.state().owner.pid).not.toBe(here.before.owner.pid);
  return here.state();
}

test(
  "an up takes the place of a running one without a refused connection; the old one ends with 0, down stops the new one",
  async () => {
    await using here = await machine(2);
    const load = startLoad(here.port);
    const up = here.up(["--replace"]);
    const state = await tookOver(here, up);
    expect(await here.old.done).toMatchObject({ code: 0, stdout: expect.stringContaining("has taken over") });
    expect(up.output()).toMatch(/new instance ready, draining old[\s\S]*: done \(/);
    expect(here.before.instances.some((instance) => isAlive(instance.process ?? { pid: 0 }))).toBe(false);
    expect(here.trace().match(/^replaced/gm)).toHaveLength(2);
    expect([state.phase, here.next()]).toEqual(["running", undefined]);
    // And once more: what was handed over can be handed on.
    const third = here.up(["--replace"]);
    await until("done again", () => third.output().includes("Ctrl-C"), third.output);
    expect((await up.done).code).toBe(0);
    expect(load.answered()).toBeGreaterThan(20);
    expect(await load.end()).toEqual([]);
    expect(await here.down()).toMatchObject({ code: 0, stdout: expect.stringContaining("Stopped the server") });
    expect((await third.done).code).toBe(0);
    expect(existsSync(join(here.data, "up.json"))).toBe(false);
  },
  TEST_TIMEOUT_MS,
);

/** Used up by a version that never becomes ready; the others end by themselves long before theirs, also on a busy machine. */
const [NEVER_READY_S, FAILS_WITHIN_S] = ["2", "60"];
const FAULTS: [string, Record<string, string>, RegExp][] = [
  ["never becomes ready", { STUB_NEVER_READY: "1" }, /did not become ready in time/],
  ["ends at its start", { STUB_EXIT_BEFORE_READY: "4" }, /ended: exit code 4[\s\S]*because of a wrong setting/],
  ["ends soon after it was ready", { STUB_DIE_AFTER_MS: "300" }, /ended: exit code 7/],
  ["fails in its migrations", { STUB_MIGRATE_EXIT: "1" }, /The migrations failed/],
];

test.each(FAULTS)(
  "a version that %s is ended, the running one goes on, and the command fails",
  async (_, faults, why) => {
    await using here = await machine();
    const load = startLoad(here.port);
    const run = await here.up(
      ["--replace", "--ready-timeout", faults.STUB_NEVER_READY ? NEVER_READY_S : FAILS_WITHIN_S],
      faults,
    ).done;
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(why) });
    expect(run.stderr).toContain("goes on as before");
    await until("told", () => here.old.output().includes("did not take over"), here.old.output);
    expect(here.state()).toEqual(here.before);
    expect(here.next()).toBeUndefined();
    expect(here.trace().match(/^start/gm)?.length).toBe(faults.STUB_MIGRATE_EXIT ? 1 : 2);
    const failures = await load.end();
    // What dies in the middle of an answer takes that answer with it, one of each client at most; nothing is ever refused.
    expect(failures.length, failures.join("; ")).toBeLessThanOrEqual(faults.STUB_DIE_AFTER_MS ? CLIENTS : 0);
    expect(failures.filter((failure) => !/ECONNRESET|socket hang up/.test(failure))).toEqual([]);
    expect(isAlive(instanceOf(here.before))).toBe(true);
    await tookOver(here, here.up(["--replace"]));
  },
  TEST_TIMEOUT_MS,
);

test(
  "an older version is refused with 3 unless it is allowed, another database always",
  async () => {
    await using here = await machine();
    here.pretend("99.0.0");
    for (const options of [[], ["--replace"]])
      expect(await here.up(options).done).toMatchObject({
        code: 3,
        stderr: expect.stringContaining("up --allow-downgrade"),
      });
    const elsewhere = await here.up(["--allow-downgrade"], { DT_DATASOURCE_URL: "postgres://127.0.0.1:1/other" }).done;
    expect(elsewhere).toMatchObject({ code: 3, stderr: expect.stringContaining("another database") });
    await until("settled", () => here.old.output().includes("did not take over"), here.old.output);
    here.pretend("99.0.0");
    await tookOver(here, here.up(["--allow-downgrade"]));
  },
  TEST_TIMEOUT_MS,
);

test.each([[[]], [["--replace"]]])(
  "a newer version needs no leave to go back: up %j",
  async (options) => {
    await using here = await machine();
    here.pretend("0.0.1");
    await tookOver(here, here.up(options));
  },
  TEST_TIMEOUT_MS,
);

test(
  "Ctrl-C while the new version starts ends it, and the running one goes on",
  async () => {
    await using here = await machine();
    const up = here.up(["--replace"], { STUB_NEVER_READY: "1" });
    await until("new instance", () => instanceOf(here.next()).pid > 0, up.output);
    const instance = instanceOf(here.next());
    expect((await here.up(["--replace"]).done).code).toBe(5);
    up.child.kill("SIGINT");
    expect(await up.done).toMatchObject({ code: 1, stderr: expect.stringContaining("nothing was replaced") });
    expect([isAlive(instance), isAlive(instanceOf(here.before))]).toEqual([false, true]);
    expect(here.state().owner).toEqual(here.before.owner);
  },
  TEST_TIMEOUT_MS,
);

test(
  "down while a new version starts ends both",
  async () => {
    await using here = await machine();
    const up = here.up(["--replace"], { STUB_NEVER_READY: "1" });
    await until("new instance", () => instanceOf(here.next()).pid > 0, up.output);
    const all = [instanceOf(here.next()), instanceOf(here.before), here.before.owner];
    expect((await here.down()).code).toBe(0);
    await Promise.all([up.done, here.old.done]);
    expect(all.map(isAlive)).toEqual([false, false, false]);
    expect([existsSync(join(here.data, "up.json")), here.next()]).toEqual([false, undefined]);
  },
  TEST_TIMEOUT_MS,
);

/** Who is killed, when, and who serves in the end. */
const KILLS = [
  ["the new up", "while its instance starts", "old"],
  ["the new instance", "while it starts", "old"],
  ["the old up", "while the new instance starts", "new"],
  ["the typed command", "while the new instance starts", "new"],
] as const;

test.each(KILLS)(
  "kill -9 of %s %s leaves one version serving: the %s one",
  async (who, _when, winner) => {
    await using here = await machine();
    const load = startLoad(here.port);
    const go = join(here.data, "go");
    const up = here.up(["--replace"], { STUB_READY_FILE: go });
    await until("new instance", () => instanceOf(here.next()).pid > 0, up.output);
    const next = here.next() as UpState;
    const victims = {
      "the new up": next.owner,
      "the new instance": instanceOf(next),
      "the old up": here.before.owner,
      "the typed command": identify(up.child.pid ?? 0),
    };
    process.kill(victims[who].pid, "SIGKILL");
    writeFileSync(go, "");
    const [serves, gone] =
      winner === "old" ? [instanceOf(here.before), instanceOf(next)] : [instanceOf(next), instanceOf(here.before)];
    await until("one is gone", () => !isAlive(gone), up.output);
    expect(isAlive(serves)).toBe(true);
    if (winner === "old") expect((await up.done).code).toBe(1);
    await until("settled", () => here.next() === undefined, up.output);
    expect(here.state()).toMatchObject({ owner: winner === "old" ? here.before.owner : next.owner, phase: "running" });
    expect(await load.end()).toEqual([]);
    // Whoever serves can be replaced.
    const again = here.up(["--replace"]);
    await until("replaced", () => again.output().includes("Ctrl-C"), again.output);
  },
  TEST_TIMEOUT_MS,
);
