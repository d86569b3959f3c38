import { type TestDatabase, testDatabase } from "@evertrack/embedded-postgres/testing";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DatabaseProxy, startDatabaseProxy } from "../../testing/database-proxy.ts";
import { createLog } from "../log/log.ts";
import { Database } from "./database.ts";
import { isDatabaseOutage } from "./errors.ts";

/** What an answer of 503 may take at most; machines that run tests are busy. */
/** Seconds, on a busy machine too; long before the time-out of statements, and before those of this file have slept enough. */
const OUTAGE_MAX_MS = 20_000;
/** Before silence would even be suspected again. */
const AT_ONCE_MS = 900;
/** Health gives a check that long. */
const PING_MAX_MS = 4_000;
const POOL_SIZE = 4;

let own: TestDatabase;
let proxy: DatabaseProxy;
let database: Database;

beforeAll(async () => {
  own = await testDatabase();
});
afterAll(() => own?.drop());

beforeEach(async () => {
  proxy = await startDatabaseProxy(own.url);
  database = await openDatabase();
});
afterEach(async () => {
  await database.close();
  await proxy.cut();
});

/** With all its connections open. */
async function openDatabase(): Promise<Database> {
  const settings = {
    name: "default",
    url: proxy.url,
    poolSizeMax: POOL_SIZE,
    idleTimeoutMs: 60_000,
    connectionLifetimeMs: 600_000,
    connectTimeoutMs: 4_000,
    queryTimeoutMs: 60_000,
    applicationName: "under test",
  };
  const opened = new Database(settings, createLog({ level: "silent", instance: "test" }));
  await Promise.all(Array.from({ length: POOL_SIZE }, () => opened.executor.query("select pg_sleep(0.05)")));
  return opened;
}

/** How the work failed and after how long. */
async function failure(work: () => Promise<unknown>): Promise<{ error: unknown; afterMs: number }> {
  const begunMs = performance.now();
  const error = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, afterMs: performance.now() - begunMs };
}

async function expectOutage(work: () => Promise<unknown>, maxMs = OUTAGE_MAX_MS): Promise<void> {
  const { error, afterMs } = await failure(work);
  expect(isDatabaseOutage(error), String(error)).toBe(true);
  expect(afterMs).toBeLessThan(maxMs);
}

const read = () => database.executor.query("select 1");
const change = () => database.transaction((tx) => sql`select 1`.execute(tx));

describe("a database that hangs", () => {
  test("is an outage within seconds for everything under way, waiting for a connection, and new; then at once", async () => {
    const begun = Array.from({ length: POOL_SIZE }, () =>
      failure(() => database.executor.query("select pg_sleep(30)")),
    );
    const inTransaction = failure(change);
    proxy.stall();
    await Promise.all([expectOutage(read), expectOutage(change)]);
    for (const { error } of await Promise.all([...begun, inTransaction])) expect(isDatabaseOutage(error)).toBe(true);
    await expectOutage(read, AT_ONCE_MS);
    await expectOutage(() => database.ping(), AT_ONCE_MS);
    await expect.poll(() => database.poolSize().waiting, { timeout: 60_000 }).toBe(0);
  });

  test("in the middle of a transaction fails it, and none of its connections is used again", async () => {
    await expectOutage(() =>
      database.transaction(async (tx) => {
        await sql`select 1`.execute(tx);
        proxy.stall();
        await sql`select 2`.execute(tx);
      }),
    );
    proxy.resume();
    await expect
      .poll(
        () =>
          read().then(
            () => "answered",
            () => "failed",
          ),
        { timeout: 60_000 },
      )
      .toBe("answered");
    expect(database.poolSize().total).toBe(1);
  });

  test("answers a ping by DOWN before health gives up on it", async () => {
    proxy.stall();
    await expectOutage(() => database.ping(), PING_MAX_MS);
  });

  test("is given up when the instance closes, without waiting for its goodbye", async () => {
    const other = await openDatabase();
    proxy.stall();
    const begunMs = performance.now();
    await other.close();
    expect(performance.now() - begunMs).toBeLessThan(OUTAGE_MAX_MS);
  });
});

test("a statement that is slow is no outage, in a transaction or outside", async () => {
  const slow = database.executor.query("select pg_sleep(6)");
  const transaction = database.transaction((tx) => sql`select pg_sleep(6)`.execute(tx));
  await expect(Promise.all([slow, transaction])).resolves.toHaveLength(2);
});

test("connections that died silently fail their statements within seconds, and new ones take their place", async () => {
  proxy.stall({ newOnes: false });
  const failures = await Promise.all(Array.from({ length: POOL_SIZE }, () => failure(read)));
  for (const { error, afterMs } of failures) {
    expect(isDatabaseOutage(error), String(error)).toBe(true);
    expect(afterMs).toBeLessThan(OUTAGE_MAX_MS);
  }
  await read();
  await change();
});

test("a pool that is exhausted is an outage for who waits, within seconds; a ping says nothing about it", async () => {
  const held = Array.from({ length: POOL_SIZE }, () => database.executor.query("select pg_sleep(8)"));
  const waiting = expectOutage(read);
  await database.ping();
  await waiting;
  await Promise.all(held);
  await read();
});
