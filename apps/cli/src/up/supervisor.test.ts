import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePorts, STUB_SERVER, scratchDirectory, until } from "../../test/run-cli.ts";
import { identify, isAlive } from "./process-identity.ts";
import {
  type InstancePlan,
  restartDelayMs,
  StartFailure,
  SUPERVISOR_LIMITS,
  Supervisor,
  type SupervisorEvent,
} from "./supervisor.ts";

const PROGRAM = { command: process.execPath, args: [STUB_SERVER] };
const LIMITS = {
  ...SUPERVISOR_LIMITS,
  readyTimeoutMs: 60_000,
  stopTimeoutMs: 60_000,
  restartDelayFirstMs: 10,
  restartDelayMaxMs: 40,
  restartsMax: 3,
};

/** A supervisor of stubs whose instances are gone at the end, whatever the test did. */
async function supervised(count: number, env: Record<string, string> = {}, limits: Partial<typeof LIMITS> = {}) {
  const scratch = scratchDirectory();
  const first = await freePorts(2 * count);
  const plans: InstancePlan[] = Array.from({ length: count }, (_, index) => ({
    index,
    args: ["-host", "127.0.0.1", "-port", String(first + index)],
    env: {
      PATH: process.env.PATH,
      DT_MANAGEMENT_HOST: "127.0.0.1",
      DT_MANAGEMENT_PORT: String(first + count + index),
      STUB_TRACE: join(scratch.path, "trace"),
      ...env,
    },
    log: join(scratch.path, `server-${index}.log`),
    port: first + index,
    managementPort: first + count + index,
  }));
  const events: SupervisorEvent[] = [];
  const supervisor = new Supervisor(PROGRAM, plans, { ...LIMITS, ...limits }, (event) => events.push(event));
  return {
    supervisor,
    events,
    plans,
    kinds: (kind: SupervisorEvent["kind"]) => events.filter((event) => event.kind === kind),
    pids: () => events.flatMap((event) => (event.kind === "started" ? [event.process.pid] : [])),
    trace: () => readFileSync(join(scratch.path, "trace"), "utf8").trim().split("\n"),
    async [Symbol.asyncDispose]() {
      await supervisor.stop("kill");
      scratch[Symbol.dispose]();
    },
  };
}

test("instances start, are ready, and drain on stop before they end", async () => {
  await using run = await supervised(2, { STUB_DRAIN_MS: "150" });
  await run.supervisor.start();
  await run.supervisor.keep();
  expect(run.kinds("ready")).toHaveLength(2);
  await run.supervisor.stop();
  expect(run.trace().filter((line) => line.startsWith("drained"))).toHaveLength(2);
  expect(run.kinds("stopped")).toEqual([
    expect.objectContaining({ forced: false }),
    expect.objectContaining({ forced: false }),
  ]);
  expect(run.pids().some((pid) => isAlive(identify(pid)))).toBe(false);
});

test("an instance that is killed is started again, alone", async () => {
  await using run = await supervised(2);
  await run.supervisor.start();
  await run.supervisor.keep();
  const [killed = 0, other = 0] = run.pids();
  process.kill(killed, "SIGKILL");
  await until("ready again", () => run.kinds("ready").length === 3);
  expect(run.kinds("died")).toEqual([
    expect.objectContaining({ index: 0, restart: 1, ending: { code: null, signal: "SIGKILL" } }),
  ]);
  expect(run.pids()).toHaveLength(3);
  expect(isAlive(identify(other))).toBe(true);
});

test("an instance that keeps dying is given up after the limit", async () => {
  await using run = await supervised(1, { STUB_DIE_WHEN_KEPT: "1" });
  await run.supervisor.start();
  await run.supervisor.keep();
  await run.supervisor.ended();
  expect(run.kinds("died")).toHaveLength(LIMITS.restartsMax);
  expect(run.kinds("given-up")).toEqual([expect.objectContaining({ ending: { code: 7, signal: null } })]);
});

test("a steady stretch forgives earlier deaths", async () => {
  await using run = await supervised(1, { STUB_DIE_WHEN_KEPT: "1" }, { steadyAfterMs: 0 });
  await run.supervisor.start();
  await run.supervisor.keep();
  await until("more deaths than the limit", () => run.kinds("died").length > LIMITS.restartsMax);
  expect(run.kinds("given-up")).toEqual([]);
});

test("an instance that ends before it is ready makes the start fail", async () => {
  await using run = await supervised(1, { STUB_EXIT_BEFORE_READY: "3" });
  const failure = await run.supervisor.start().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartFailure);
  expect(failure).toMatchObject({ ending: { code: 3 } });
  expect(run.pids()).toHaveLength(1);
});

test("an instance that never becomes ready makes the start fail in time", async () => {
  await using run = await supervised(1, { STUB_NEVER_READY: "1" }, { readyTimeoutMs: 700 });
  await expect(run.supervisor.start()).rejects.toMatchObject({ ending: undefined });
});

test("an instance that ignores SIGTERM is killed after the limit", async () => {
  await using run = await supervised(1, { STUB_IGNORE_TERM: "1" }, { stopTimeoutMs: 200 });
  await run.supervisor.start();
  await run.supervisor.keep();
  await run.supervisor.stop();
  expect(run.kinds("stopped")).toEqual([expect.objectContaining({ forced: true })]);
  expect(run.pids().some((pid) => isAlive(identify(pid)))).toBe(false);
});

test("a forcing stop overtakes a patient one", async () => {
  await using run = await supervised(1, { STUB_DRAIN_MS: "60000" });
  await run.supervisor.start();
  await run.supervisor.keep();
  const patient = run.supervisor.stop();
  await until("asked to end", () => run.trace().some((line) => line.startsWith("term")));
  await run.supervisor.stop("kill");
  await patient;
  expect(run.kinds("stopped")).toEqual([expect.objectContaining({ forced: true })]);
});

test("no restart happens after stop", async () => {
  await using run = await supervised(1, {}, { restartDelayFirstMs: 60_000, restartDelayMaxMs: 60_000 });
  await run.supervisor.start();
  await run.supervisor.keep();
  process.kill(run.pids()[0] ?? 0, "SIGKILL");
  await until("death noticed", () => run.kinds("died").length === 1);
  await run.supervisor.stop();
  await run.supervisor.ended();
  expect(run.pids()).toHaveLength(1);
});

test("the wait before a restart doubles up to its maximum", () => {
  expect([1, 2, 3, 20].map((deaths) => restartDelayMs(deaths, SUPERVISOR_LIMITS))).toEqual([500, 1_000, 2_000, 30_000]);
});
