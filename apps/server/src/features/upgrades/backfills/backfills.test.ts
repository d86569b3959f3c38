import { createEngine, type Engine, Terminal } from "@evertrack/engine";
import { until } from "@evertrack/engine/testing";
import { afterEach, describe, expect, test } from "vitest";
import { engineOptions } from "../../../boot/engine.ts";
import { composeFeatures } from "../../../boot/features.ts";
import { systemClock } from "../../../platform/clock/clock.ts";
import { executorOf, type Tx } from "../../../platform/db/index.ts";
import { Metrics } from "../../../platform/telemetry/index.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import type { Backfill } from "./backfill.ts";
import { registerBackfills } from "./commands/register-backfills.ts";
import { startDueBackfills } from "./commands/start-due-backfills.ts";
import { pauseBackfills, unfinishedBackfills } from "./index.ts";
import { findBackfill } from "./queries/list-backfills.ts";
import { createScratchRows, type ScratchBackfill, scratchBackfill, scratchTimes } from "./testing.ts";

const SOON_MS = 60_000;
const FAST = { "dt.upgrade.backfill.rows-per-second": "1000000" };
/** Firing every second, so that tests need not call the schedule. */
const EACH_SECOND = { "dt.task.backfill-start.cron": "* * * * * *" };

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

/** A working server whose database has rows in the old shape before the backfill is known to it. */
async function serverWith(backfill: ScratchBackfill, rows: number, properties: Record<string, string> = FAST) {
  const server = await testServer({ properties: { ...properties, ...EACH_SECOND } });
  opened.push(server);
  await createScratchRows(server.database.executor, backfill.name, rows);
  return server;
}

/** An instance more on the database of the server; `backfills` are those it knows. */
async function instanceOf(server: TestServer, backfills: readonly Backfill[], name = "instance"): Promise<Engine<Tx>> {
  const { config, database, files, log } = server;
  const features = composeFeatures({ config, database, files, clock: systemClock, log, backfills });
  const engine = createEngine<Tx>(engineOptions({ config, database, log, instanceId: name, features }));
  features.connect(engine);
  await features.start();
  await engine.start();
  opened.push({ close: () => engine.stop().then(() => features.stop()) });
  return engine;
}

const find = (server: TestServer, name: string) => findBackfill(server.database.db, name);
const untilStatus = (server: TestServer, name: string, status: string) =>
  until(`${name} is ${status}`, async () => (await find(server, name)).status === status, SOON_MS);
const untilBegun = (backfill: ScratchBackfill, batches: number) =>
  until(`${batches} batches were done`, async () => backfill.limits.length >= batches, SOON_MS);
const look = (server: TestServer, names: readonly string[]) =>
  server.database.transaction((tx) => startDueBackfills(tx, server.engine.client, names));

async function change(server: TestServer, name: string, body: object): Promise<void> {
  const { key } = await server.keyWith(["SYSTEM_CONFIGURATION_UPDATE"]);
  const answer = await server.request("PATCH", `/api/v2/internal/backfills/${name}`, { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
}

describe("a backfill", () => {
  test("goes over every row once, in batches, and is done", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 3_000);
    const engine = await instanceOf(server, [backfill]);
    await untilStatus(server, "scratch", "DONE");
    expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 1: 3_000 });
    expect(await find(server, "scratch")).toMatchObject({
      rows_done: 3_000,
      rows_estimated: 3_000,
      release: "0.2.0",
    });
    expect(backfill.limits.length).toBeGreaterThan(1);
    expect(backfill.overlap).toBe(1);
    const { run_id: runId } = await find(server, "scratch");
    await until(
      "its run has ended",
      async () => (await engine.client.getRun(runId ?? ""))?.status === "COMPLETED",
      SOON_MS,
    );
    expect(await unfinishedBackfills(server.database.db)).toEqual([]);
  });

  test("is done at once, without a run, where no row is in the old shape", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 0);
    await registerBackfills({ database: server.database, backfills: [backfill], log: server.log });
    expect(await find(server, "scratch")).toMatchObject({ status: "DONE", rows_done: 0, rows_estimated: 0 });
    await look(server, ["scratch"]);
    expect((await find(server, "scratch")).run_id).toBeUndefined();
  });

  test("keeps its rate, which changes while it goes on", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 4_000, { "dt.upgrade.backfill.rows-per-second": "20" });
    await instanceOf(server, [backfill]);
    await untilBegun(backfill, 3);
    expect(backfill.limits.every((limit) => limit <= 20)).toBe(true);
    const running = await find(server, "scratch");
    expect(running.rows_per_second).toBeLessThan(60);
    expect(running.eta_ms).toBeGreaterThan(10_000);
    await change(server, "scratch", { rows_per_second_max: 100_000 });
    await untilStatus(server, "scratch", "DONE");
    expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 1: 4_000 });
  });

  test("is not claimed by an instance that does not know it", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 10);
    await registerBackfills({ database: server.database, backfills: [backfill], log: server.log });
    await look(server, ["scratch"]);
    const engine = await instanceOf(server, [], "old");
    const marker = await server.database.transaction((tx) =>
      engine.client.startRun(tx, { name: "housekeeping", queue: "default" }, { task: "none" }),
    );
    await until(
      "the old instance works",
      async () => (await engine.client.getRun(marker ?? ""))?.status === "COMPLETED",
      SOON_MS,
    );
    const { run_id: runId } = await find(server, "scratch");
    expect((await engine.client.getRun(runId ?? ""))?.status).toBe("CREATED");
    await instanceOf(server, [backfill], "new");
    await untilStatus(server, "scratch", "DONE");
  });

  test("has one run and one batch at a time, however many instances look at the same time", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 2_000);
    const names = ["one", "two", "three"];
    const known = { database: server.database, backfills: [backfill], log: server.log };
    await Promise.all(names.map(() => registerBackfills(known)));
    await Promise.all(names.flatMap(() => [look(server, ["scratch"]), look(server, ["scratch"])]));
    for (const name of names) await instanceOf(server, [backfill], name);
    await untilStatus(server, "scratch", "DONE");
    const runs = await server.engine.client.listRuns({ name: "backfill:scratch", limit: 10 });
    expect(runs.filter(({ kind }) => kind === "workflow")).toHaveLength(1);
    expect(backfill.overlap).toBe(1);
    expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 1: 2_000 });
  });

  test("tells how far it is as metrics", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 100);
    const { config, database, files, log } = server;
    const features = composeFeatures({ config, database, files, clock: systemClock, log, backfills: [backfill] });
    const engine = createEngine<Tx>(engineOptions({ config, database, log, instanceId: "measured", features }));
    features.connect(engine);
    const metrics = new Metrics("test");
    features.addMetrics(metrics);
    await features.start();
    await engine.start();
    opened.push({ close: () => engine.stop().then(() => features.stop()) });
    await untilStatus(server, "scratch", "DONE");
    await until(
      "the rows are counted",
      async () => (await metrics.text()).includes('evertrack_backfill_rows_total{name="scratch"} 100'),
      SOON_MS,
    );
    expect(await metrics.text()).toContain('evertrack_backfill_remaining{name="scratch"} 0');
  });
});

describe("holding one", () => {
  test("a pause holds from the next batch on; resumed it goes on behind its last row", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 3_000, { "dt.upgrade.backfill.rows-per-second": "300" });
    await instanceOf(server, [backfill]);
    await untilBegun(backfill, 2);
    await change(server, "scratch", { paused: true });
    const held = await find(server, "scratch");
    expect(held).toMatchObject({ status: "PAUSED", pause_reason: expect.stringContaining("paused by") });
    await until(
      "its run has ended",
      async () => (await server.engine.client.getRun(held.run_id ?? ""))?.status === "COMPLETED",
      SOON_MS,
    );
    expect((await find(server, "scratch")).rows_done).toBe(held.rows_done);
    await change(server, "scratch", { paused: false, rows_per_second_max: 100_000 });
    await untilStatus(server, "scratch", "DONE");
    expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 1: 3_000 });
  });

  test("a rollback pauses all and ends their runs; a newer instance that starts later lets them go on", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 3_000, { "dt.upgrade.backfill.rows-per-second": "300" });
    const engine = await instanceOf(server, [backfill]);
    await untilBegun(backfill, 2);
    const { database } = server;
    expect(await pauseBackfills({ database, client: engine.client })).toEqual(["scratch"]);
    expect(await pauseBackfills({ database, client: engine.client })).toEqual([]);
    const { run_id: runId } = await find(server, "scratch");
    await until(
      "its run is over",
      async () => !/CREATED|RUNNING|SUSPENDED/.test((await engine.client.getRun(runId ?? ""))?.status ?? ""),
      SOON_MS,
    );
    expect(await find(server, "scratch")).toMatchObject({
      status: "PAUSED",
      pause_reason: "the upgrade is rolled back",
    });
    await change(server, "scratch", { rows_per_second_max: 100_000 });
    await registerBackfills({ database, backfills: [backfill], log: server.log });
    await untilStatus(server, "scratch", "DONE");
    expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 1: 3_000 });
  });
});

describe("failures", () => {
  test("a batch that fails is rolled back, told, and tried again", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 500);
    let failures = 1;
    backfill.inBatch = async (_tx, cursor) => {
      if (cursor !== null && failures-- > 0) throw new Error("planted");
    };
    await instanceOf(server, [backfill]);
    await until("the error is told", async () => (await find(server, "scratch")).last_error === "planted", SOON_MS);
    expect((await find(server, "scratch")).status).toBe("RUNNING");
    await untilStatus(server, "scratch", "DONE");
    expect((await find(server, "scratch")).last_error).toBeUndefined();
    expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 1: 500 });
  });

  test("one that cannot go on is FAILED with its error, is left alone, and goes on when it is resumed", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 500);
    let broken = true;
    backfill.inBatch = async (_tx, cursor) => {
      if (cursor !== null && broken) throw new Terminal("cannot be");
    };
    await instanceOf(server, [backfill]);
    await untilStatus(server, "scratch", "FAILED");
    const failed = await find(server, "scratch");
    expect(failed).toMatchObject({ last_error: "cannot be", rows_done: 100 });
    await look(server, ["scratch"]);
    expect(await find(server, "scratch")).toMatchObject({ status: "FAILED", run_id: failed.run_id });
    expect((await unfinishedBackfills(server.database.db, "0.2.0")).map(({ name }) => name)).toEqual(["scratch"]);
    expect(await unfinishedBackfills(server.database.db, "0.1.9")).toEqual([]);
    broken = false;
    await change(server, "scratch", { paused: false });
    await untilStatus(server, "scratch", "DONE");
    expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 1: 500 });
  });

  test("one that ends batches where they began is FAILED, not repeated for ever", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 10);
    backfill.batch = async () => ({ cursor: 7, rows: 1 });
    await instanceOf(server, [backfill]);
    await untilStatus(server, "scratch", "FAILED");
    expect((await find(server, "scratch")).last_error).toBe("backfill scratch: a batch ended where it began, at 7");
  });

  test("one whose run was ended by somebody is told as FAILED, with the run", async () => {
    const backfill = scratchBackfill();
    const server = await serverWith(backfill, 10);
    await registerBackfills({ database: server.database, backfills: [backfill], log: server.log });
    await look(server, ["scratch"]);
    const { run_id: runId = "" } = await find(server, "scratch");
    await server.engine.client.cancel(runId);
    await look(server, ["scratch"]);
    expect(await find(server, "scratch")).toMatchObject({
      status: "FAILED",
      last_error: `its run ${runId} ended as CANCELLED: before it was done`,
    });
  });
});

test("a row somebody holds makes batches smaller and later, not fail; nobody waits behind them meanwhile", async () => {
  const backfill = scratchBackfill();
  const server = await serverWith(backfill, 400);
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const { promise: locked, resolve: hasLocked } = Promise.withResolvers<void>();
  const holding = server.database.transaction(async (tx) => {
    await executorOf(tx).query("select 1 from scratch_scratch where id = 150 for update");
    hasLocked();
    await held;
  });
  await locked;
  await instanceOf(server, [backfill]);
  await until("it backs off", async () => (await find(server, "scratch")).slowdown >= 4, SOON_MS);
  const waiting = await find(server, "scratch");
  expect(waiting.status).toBe("RUNNING");
  expect(waiting.rows_done).toBeLessThan(150);
  letGo();
  await holding;
  await untilStatus(server, "scratch", "DONE");
  expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 1: 400 });
});
