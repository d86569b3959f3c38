import { setTimeout as delay } from "node:timers/promises";
import { type TestDatabase, testDatabase } from "@evertrack/embedded-postgres/testing";
import { migrate } from "@evertrack/migrator";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appMigrationsDirectory } from "../../boot/init-tasks.ts";
import { Database } from "../db/index.ts";
import { createLog } from "../log/log.ts";
import { OutboxRelay, type RelaySettings, type Subscriber } from "./relay.ts";
import { appendEvents } from "./store.ts";

const DEADLINE_MS = 60_000;
const log = createLog({ level: "silent", instance: "test" });
const template = {
  name: "app_schema",
  inputs: [appMigrationsDirectory],
  prepare: async (url: string) => {
    await migrate({ connectionString: url, directory: appMigrationsDirectory, component: "app", version: "test" });
  },
};

let own: TestDatabase;
let database: Database;
const relays: OutboxRelay[] = [];

beforeEach(async () => {
  own = await testDatabase({ template });
  database = open("under test");
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await database.close();
  await own.drop();
});

function open(applicationName: string): Database {
  const limits = { poolSizeMax: 8, idleTimeoutMs: 60_000, connectionLifetimeMs: 600_000 };
  const timeouts = { connectTimeoutMs: 30_000, queryTimeoutMs: 60_000 };
  return new Database({ name: "default", url: own.url, ...limits, ...timeouts, applicationName }, log);
}

function start(subscribers: Subscriber[], settings: Partial<RelaySettings> = {}): OutboxRelay {
  const relay = new OutboxRelay(database, subscribers, { pollIntervalMs: 20, batchSize: 100, ...settings }, log);
  relays.push(relay);
  relay.start();
  return relay;
}

async function tell(...types: string[]): Promise<void> {
  const events = types.map((type) => ({ eventId: crypto.randomUUID(), type, payload: { of: type } }));
  await database.transaction((tx) => appendEvents(tx, events));
}

test("events of this instance are carried once they are committed, not at the next poll; also those that come meanwhile", async () => {
  const seen: string[] = [];
  const follow: Subscriber = async (tx, { type }) => {
    seen.push(type);
    if (type === "first") await appendEvents(tx, [{ eventId: crypto.randomUUID(), type: "second", payload: {} }]);
  };
  start([follow], { pollIntervalMs: 3_600_000 });
  await tell("none");
  await tell("first");
  await expect.poll(() => seen, { timeout: DEADLINE_MS }).toEqual(["none", "first", "second"]);
});

async function waiting() {
  const { rows } = await database.executor.query<{
    type: string;
    attempts: number;
    last_error: string;
    due_in: number;
  }>(
    "select type, attempts, last_error, extract(epoch from next_attempt_at - now())::float8 as due_in from outbox_event order by id",
  );
  return rows;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("the condition did not come true in time");
    await delay(10);
  }
}

const collecting =
  (seen: string[]): Subscriber =>
  async (_tx, { type }) => {
    seen.push(type);
  };

test("events reach every subscriber in the order they were written, and are gone", async () => {
  const first: string[] = [];
  const second: string[] = [];
  await tell("A", "B", "C");
  start([collecting(first), collecting(second)]);
  await until(async () => (await waiting()).length === 0);
  expect([first, second]).toEqual([
    ["A", "B", "C"],
    ["A", "B", "C"],
  ]);
});

test("an event written twice is delivered once", async () => {
  const event = { eventId: crypto.randomUUID(), type: "A", payload: {} };
  await database.transaction((tx) => appendEvents(tx, [event]));
  await database.transaction((tx) => appendEvents(tx, [event]));
  expect(await waiting()).toHaveLength(1);
});

test("an event of a transaction that rolls back is never told", async () => {
  const failing = database.transaction(async (tx) => {
    await appendEvents(tx, [{ eventId: crypto.randomUUID(), type: "A", payload: {} }]);
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(await waiting()).toEqual([]);
});

test("one event that fails is put off alone: the others arrive, once, and what it wrote is undone", async () => {
  await database.executor.query("create table told (type text)");
  await tell("A", "BAD", "B", "C");
  const relay = start([
    async (tx, { type }) => {
      await tx.executeQuery({ sql: "insert into told values ($1)", parameters: [type] } as never);
      if (type === "BAD") throw new Error("subscriber failed");
    },
  ]);
  await until(async () => (await waiting()).length === 1);
  const { rows } = await database.executor.query("select type from told order by type");
  expect(rows).toEqual([{ type: "A" }, { type: "B" }, { type: "C" }]);
  // It comes again after a second, which may have passed.
  expect(await waiting()).toMatchObject([{ type: "BAD", last_error: "Error: subscriber failed" }]);
  expect(relay.counters.delivered).toBe(3);
  expect(relay.counters.postponed).toBeGreaterThan(0);
});

test("an event that keeps failing waits longer each time, five minutes at most", async () => {
  await database.executor.query(`create table delay (attempt int, seconds float8)`);
  await database.executor.query(`create function note_delay() returns trigger language plpgsql as $$ begin
    insert into delay values (new.attempts, extract(epoch from new.next_attempt_at - now())); return new; end $$`);
  await database.executor.query(
    "create trigger note after update of attempts on outbox_event for each row execute function note_delay()",
  );
  await tell("BAD");
  start([async () => Promise.reject(new Error("still"))]);
  for (const attempts of [1, 2, 3]) {
    await until(async () => ((await waiting())[0]?.attempts ?? 0) >= attempts);
    await database.executor.query("update outbox_event set next_attempt_at = now()");
  }
  await until(async () => ((await waiting())[0]?.attempts ?? 0) >= 4);
  await database.executor.query("alter table outbox_event disable trigger note");
  await database.executor.query("update outbox_event set attempts = 11, next_attempt_at = now() + interval '1 day'");
  await database.executor.query("alter table outbox_event enable trigger note");
  await database.executor.query("update outbox_event set next_attempt_at = now()");
  await until(async () => ((await waiting())[0]?.attempts ?? 0) >= 12);
  const text = "select seconds from delay where attempt = any($1) order by attempt";
  const { rows } = await database.executor.query(text, [[1, 2, 3, 4, 12]]);
  expect(rows).toEqual([1, 2, 4, 8, 300].map((seconds) => ({ seconds })));
});

test("several relays share the work and deliver each event once", async () => {
  const seen: string[] = [];
  const types = Array.from({ length: 500 }, (_, index) => `T${index}`);
  await tell(...types);
  for (let count = 0; count < 4; count++) start([collecting(seen)], { batchSize: 7 });
  await until(async () => (await waiting()).length === 0);
  expect(seen.length).toBe(500);
  expect(seen.toSorted()).toEqual(types.toSorted());
});

test("lost connections put nothing off: everything arrives once they are back", async () => {
  const killer = open("killer");
  const delivered = new Set<string>();
  let kills = 0;
  await database.executor.query("create table told (type text primary key)");
  await tell(...Array.from({ length: 50 }, (_, index) => `T${index}`));
  const relay = start([
    async (tx, { type }) => {
      if (type === "T20" && kills++ < 3)
        await killer.executor.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'under test' and pid <> pg_backend_pid()",
        );
      await tx.executeQuery({ sql: "insert into told values ($1)", parameters: [type] } as never);
      delivered.add(type);
    },
  ]);
  await until(async () => (await killer.executor.query("select from outbox_event")).rowCount === 0);
  const { rows } = await killer.executor.query<{ count: number }>("select count(*) from told");
  expect(rows[0]?.count).toBe(50);
  expect(delivered.size).toBe(50);
  expect(kills).toBeGreaterThanOrEqual(3);
  expect(relay.counters.postponed).toBe(0);
  await killer.close();
});

test("stopping waits for the batch under way", async () => {
  let finished = false;
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  await tell("A");
  const relay = start([
    async () => {
      resolve();
      await delay(100);
      finished = true;
    },
  ]);
  await begun;
  await relay.stop();
  expect(finished).toBe(true);
  expect(await waiting()).toEqual([]);
});
