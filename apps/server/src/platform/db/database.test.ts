import { createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type TestDatabase, testDatabase } from "@evertrack/embedded-postgres/testing";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createLog } from "../log/log.ts";
import { afterCommit, Database } from "./database.ts";
import { isDatabaseOutage, isQueryTimeout, isUniqueViolation } from "./errors.ts";
import type { Tx } from "./executor.ts";
import type { DataSourceSettings } from "./settings.ts";

const DEADLINE_MS = 60_000;
/** Of statements that sleep much longer; all others are far from it, also on a busy machine. */
const TIMEOUT_MS = 1_500;
const log = createLog({ level: "silent", instance: "test" });

let own: TestDatabase;
let observer: Database;
const opened: Database[] = [];

beforeAll(async () => {
  own = await testDatabase();
  observer = new Database(settings({ applicationName: "observer" }), log);
  await observer.executor.query("create table pair (id int primary key, value int not null)");
  await observer.executor.query("insert into pair values (1, 0), (2, 0)");
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});
afterAll(async () => {
  await observer?.close();
  await own?.drop();
});

function settings(changes: Partial<DataSourceSettings> = {}): DataSourceSettings {
  return {
    name: "default",
    url: own.url,
    poolSizeMax: 4,
    idleTimeoutMs: 60_000,
    connectionLifetimeMs: 600_000,
    connectTimeoutMs: 30_000,
    queryTimeoutMs: 60_000,
    applicationName: "under test",
    ...changes,
  };
}

function open(changes: Partial<DataSourceSettings> = {}): Database {
  const database = new Database(settings(changes), log);
  opened.push(database);
  return database;
}

const bump = (tx: Tx, id: number) => sql`update pair set value = value + 1 where id = ${id}`.execute(tx);
const valueOf1 = async () =>
  Number((await observer.executor.query<{ value: number }>("select value from pair where id = 1")).rows[0]?.value);
const kill = () =>
  observer.executor.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'under test'",
  );
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("the condition did not come true in time");
    await delay(10);
  }
}

describe("a transaction", () => {
  test("calls hooks after its commit, once, in order", async () => {
    const seen: string[] = [];
    await open().transaction(async (tx) => {
      afterCommit(tx, () => seen.push("first"));
      afterCommit(tx, () => seen.push("second"));
      await bump(tx, 1);
      seen.push("body");
    });
    expect(seen).toEqual(["body", "first", "second"]);
  });

  test("calls no hook when it rolls back, nor when its commit fails, and changes nothing", async () => {
    const before = await valueOf1();
    const called: string[] = [];
    const database = open();
    const failing = database.transaction(async (tx) => {
      afterCommit(tx, () => called.push("rolled back"));
      await bump(tx, 1);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await observer.executor.query("create table late (id int primary key deferrable initially deferred)");
    const violating = database.transaction(async (tx) => {
      afterCommit(tx, () => called.push("commit failed"));
      await sql`insert into late values (1), (1)`.execute(tx);
    });
    expect(isUniqueViolation(await failure(violating))).toBe(true);
    expect(called).toEqual([]);
    expect(await valueOf1()).toBe(before);
  });

  test("stands although a hook fails", async () => {
    const before = await valueOf1();
    await open().transaction(async (tx) => {
      afterCommit(tx, () => {
        throw new Error("hook");
      });
      await bump(tx, 1);
    });
    expect(await valueOf1()).toBe(before + 1);
  });

  test("refuses hooks once it is over", async () => {
    let leaked: Tx | undefined;
    const database = open();
    await database.transaction(async (tx) => {
      leaked = tx;
    });
    expect(() => afterCommit(database.db as Tx, () => undefined)).toThrow(/not an open transaction/);
    expect(leaked).toBeDefined();
  });

  test("that loses a deadlock is run again, its hooks once", async () => {
    const database = open();
    const before = await valueOf1();
    const bothHoldOne = twoArrive();
    let bodies = 0;
    let hooks = 0;
    const crossing = (first: number, second: number) =>
      database.transaction(async (tx) => {
        bodies++;
        afterCommit(tx, () => hooks++);
        await bump(tx, first);
        await bothHoldOne();
        await bump(tx, second);
      });
    await Promise.all([crossing(1, 2), crossing(2, 1)]);
    expect(bodies).toBeGreaterThanOrEqual(3);
    expect(hooks).toBe(2);
    expect(await valueOf1()).toBe(before + 2);
  });

  test("that always conflicts fails after six attempts", async () => {
    let bodies = 0;
    const failing = open().transaction(async (tx) => {
      bodies++;
      await sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`.execute(tx);
    });
    await expect(failing).rejects.toThrow("again");
    expect(bodies).toBe(6);
  });

  test("whose connection is lost fails as an outage, and the next one works", async () => {
    const database = open();
    const lost = database.transaction(async (tx) => {
      await bump(tx, 1);
      await kill();
      await bump(tx, 2);
    });
    expect(isDatabaseOutage(await failure(lost))).toBe(true);
    await database.transaction((tx) => bump(tx, 1));
  });
});

describe("statements end at the query timeout, in the server too, and the connection is of use again", () => {
  const sleeping = async () =>
    (
      await observer.executor.query(
        "select from pg_stat_activity where state = 'active' and application_name = 'under test'",
      )
    ).rowCount > 0;

  test("in a transaction", async () => {
    const database = open({ queryTimeoutMs: TIMEOUT_MS });
    const slow = database.transaction((tx) => sql`select pg_sleep(30)`.execute(tx));
    expect(isQueryTimeout(await failure(slow))).toBe(true);
    await until(async () => !(await sleeping()));
    await database.transaction((tx) => bump(tx, 1));
  });
  test("outside of one", async () => {
    const database = open({ queryTimeoutMs: TIMEOUT_MS });
    expect(isQueryTimeout(await failure(sql`select pg_sleep(30)`.execute(database.db)))).toBe(true);
    await until(async () => !(await sleeping()));
    await database.ping();
  });
  test("not at all with a timeout of 0", async () => {
    const database = open({ queryTimeoutMs: 0 });
    await sql`select pg_sleep(0.2)`.execute(database.db);
    await database.transaction((tx) => sql`select pg_sleep(0.2)`.execute(tx));
  });
  test("leaving no setting behind on the connection", async () => {
    const database = open({ poolSizeMax: 2, queryTimeoutMs: 5_000 });
    await database.transaction((tx) => bump(tx, 1));
    const { rows } = await database.executor.query<{ statement_timeout: string }>("show statement_timeout");
    expect(rows[0]?.statement_timeout).toBe("0");
  });
});

describe("an outage", () => {
  let silent: Server | undefined;
  afterEach(() => silent?.close());

  test("of idle connections only is survived without an error", async () => {
    const database = open();
    await Promise.all([database.ping(), database.ping()]);
    await kill();
    await until(() => database.poolSize().total === 0);
    await database.ping();
  });
  test("a statement that fails does not cost the connection", async () => {
    const database = open();
    await failure(database.executor.query("select nonsense"));
    expect(database.poolSize()).toEqual({ total: 1, idle: 1, waiting: 0 });
  });
  test("is told when nobody listens", async () => {
    const database = open({ url: "postgres://u@127.0.0.1:1/d" });
    expect(isDatabaseOutage(await failure(database.ping()))).toBe(true);
    expect(isDatabaseOutage(await failure(database.transaction((tx) => bump(tx, 1))))).toBe(true);
  });
  test("is told in time when the server accepts and stays silent", async () => {
    const listening = createServer();
    silent = listening;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const { port } = listening.address() as { port: number };
    const database = open({ url: `postgres://u@127.0.0.1:${port}/d`, connectTimeoutMs: 300 });
    const startedMs = performance.now();
    expect(isDatabaseOutage(await failure(database.ping()))).toBe(true);
    // Nothing but its own limit ends the wait: the next one is that of statements.
    expect(performance.now() - startedMs).toBeLessThan(30_000);
  });
  test("is told to who waits too long for a connection", async () => {
    const database = open({ poolSizeMax: 2, connectTimeoutMs: 3_000 });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const begun = [1, 2].map((id) => ({ id, holds: Promise.withResolvers<void>() }));
    const held = begun.map(({ id, holds }) =>
      database.transaction(async (tx) => {
        await bump(tx, id);
        holds.resolve();
        await released;
      }),
    );
    await Promise.all(begun.map(({ holds }) => holds.promise));
    expect(isDatabaseOutage(await failure(database.executor.query("select 1")))).toBe(true);
    release();
    await Promise.all(held);
  });
});

/** Resolves for both callers once the second one is there, and at once for later callers. */
function twoArrive(): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    if (++arrived === 2) resolve();
    return promise;
  };
}
