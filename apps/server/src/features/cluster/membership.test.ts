import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../platform/config/index.ts";
import { Database, dataSourceSettings } from "../../platform/db/index.ts";
import { createLog } from "../../platform/log/log.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../../testing/database-proxy.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import type { EpochFollower } from "./epoch-follower.ts";
import { JoinRefusedError } from "./join-refused.ts";
import { ClusterMembership } from "./membership.ts";
import { readClusterState } from "./store/cluster-state.ts";

/** The lapse is many beats, so that a busy machine that is late with some of them is not taken for gone. */
const TIMING = { intervalMs: 150, lapseMs: 3_000 };
const DEADLINE_MS = 60_000;
const log = createLog({ level: process.env.EVERTRACK_TEST_LOG ?? "silent", instance: "test" });

let server: TestServer;
const undo: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.executor.query("delete from cluster_instance");
  await server.database.executor.query(
    `update cluster_state set min_join_version = '0.0.0', finalized_version = null, target_version = null,
       window_opened_at = null, finalize_step = null, epoch = 0`,
  );
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Member {
  membership: ClusterMembership;
  proxy: DatabaseProxy;
  removals: string[];
}

/** A member with a way of its own to the database, not yet joined. */
async function member(id: string, version = "1.0.0", follower?: EpochFollower): Promise<Member> {
  const proxy = await startDatabaseProxy(server.databaseUrl);
  undo.push(() => proxy.cut());
  const environment = { DT_DATASOURCE_URL: proxy.url };
  const config = loadConfig({ environment, workingDirectory: "/nowhere" });
  const database = new Database(dataSourceSettings(config, "default", id), log);
  undo.push(() => database.close());
  const removals: string[] = [];
  const membership = new ClusterMembership({
    database,
    log,
    identity: { id, version, build: "b", profile: undefined, host: "h", roles: ["api"], queues: [] },
    queuesKnown: [],
    timing: TIMING,
    minBesideVersion: "1.0.0",
    windowWarnMs: 0,
    ...(follower === undefined ? {} : { follower }),
    onRemoved: (reason) => removals.push(reason),
  });
  undo.push(() => membership.leave());
  return { membership, proxy, removals };
}

async function joined(id: string, version?: string, follower?: EpochFollower): Promise<Member> {
  const created = await member(id, version, follower);
  await created.membership.join();
  return created;
}

interface Row {
  id: string;
  state: string;
  heartbeats: number;
  gone_by: string | null;
  gate_epoch: number;
  detail: { apiPort?: number };
}

async function rowOf(id: string): Promise<Row | undefined> {
  const { rows } = await server.database.executor.query<Row>("select * from cluster_instance where id = $1", [id]);
  return rows[0];
}
const countOf = async (id: string) => (await rowOf(id))?.heartbeats ?? 0;

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await delay(10);
  }
}

async function beatsOn(id: string, times = 3): Promise<void> {
  const before = await countOf(id);
  await until(`${id} beats`, async () => (await countOf(id)) >= before + times);
}

describe("a member", () => {
  test("is seen from joining to leaving, with each state at once", async () => {
    const { membership } = await joined("a");
    expect(membership.isLapsed()).toBe(false);
    expect((await rowOf("a"))?.state).toBe("starting");
    membership.reportFrom(() => ({ leader: true, inFlight: 4, eventLoopLagMs: 12 }));
    await membership.setState("ready", 8081);
    expect(await rowOf("a")).toMatchObject({ state: "ready", leader: true, in_flight: 4, detail: { apiPort: 8081 } });
    await membership.setState("draining");
    expect(await rowOf("a")).toMatchObject({ state: "draining", detail: { apiPort: 8081, eventLoopLagMs: 12 } });
    await membership.leave();
    expect(await rowOf("a")).toBeUndefined();
  });

  test("beats while nothing else happens", async () => {
    const { membership } = await joined("a");
    await beatsOn("a", 5);
    expect(membership.isLapsed()).toBe(false);
  });

  test("counts as lapsed before it has joined", async () => {
    expect((await member("a")).membership.isLapsed()).toBe(true);
  });

  test("leaves although the database is away, and the others remove what it left", async () => {
    const gone = await joined("gone");
    await gone.proxy.cut();
    await gone.membership.leave();
    expect((await rowOf("gone"))?.state).toBe("starting");
    await joined("stays");
    await until("the row is marked", async () => (await rowOf("gone"))?.state === "gone");
    expect(gone.removals).toEqual([]);
  });
});

describe("joining", () => {
  test("is refused to a version below the least one, and nothing is written", async () => {
    await server.database.executor.query("update cluster_state set min_join_version = '2.0.0'");
    const { membership } = await member("old", "1.9.9");
    await expect(membership.join()).rejects.toThrow(JoinRefusedError);
    await expect(membership.join()).rejects.toThrow(/version 1\.9\.9 is too old.*from 2\.0\.0 on/);
    expect(await rowOf("old")).toBeUndefined();
    expect(membership.isLapsed()).toBe(true);
    await (await member("new", "2.0.0")).membership.join();
  });

  test("waits for whoever is raising the least version, and obeys it", async () => {
    const { membership } = await member("late", "1.9.9");
    const raised = Promise.withResolvers<void>();
    const raising = server.database.transaction(async (tx) => {
      await tx.updateTable("cluster_state").set({ min_join_version: "2.0.0" }).execute();
      await raised.promise;
    });
    await until("the raise is under way", async () => (await lockedRows()) > 0);
    const joining = membership.join();
    const outcome = joining.then(
      () => "joined",
      () => "refused",
    );
    await until("the join waits", async () => (await waiting()) > 0);
    raised.resolve();
    await raising;
    expect(await outcome).toBe("refused");
    expect(await rowOf("late")).toBeUndefined();
  });

  async function lockedRows(): Promise<number> {
    const text = "select 1 from cluster_state for no key update skip locked";
    return 1 - (await server.database.executor.query(text)).rowCount;
  }
  async function waiting(): Promise<number> {
    const text =
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%cluster.lockState%' and pid <> pg_backend_pid()";
    return (await server.database.executor.query(text)).rowCount;
  }
});

describe("the version of the cluster", () => {
  const state = () => readClusterState(server.database.db);

  test("is that of the first instance ever; an equal or older one changes nothing", async () => {
    await joined("first", "1.1.0");
    await joined("older", "1.0.0");
    expect(await state()).toMatchObject({ finalizedVersion: "1.1.0", targetVersion: null, windowOpenedAt: null });
  });

  test("has a window from the moment a newer instance joins, whoever comes and goes then", async () => {
    await joined("old", "1.0.0");
    const { membership } = await joined("new", "1.1.0");
    const opened = await state();
    expect(opened).toMatchObject({ finalizedVersion: "1.0.0", targetVersion: "1.1.0", changedBy: "new" });
    await membership.leave();
    await joined("old-again", "1.0.0");
    expect((await state()).windowOpenedAt).toEqual(opened.windowOpenedAt);
    await joined("newer", "1.1.1");
    expect(await state()).toMatchObject({ targetVersion: "1.1.1", windowOpenedAt: opened.windowOpenedAt });
    expect(membership.upgradeWindow()).toMatchObject({ targetVersion: "1.1.0", isLong: false });
  });

  test("keeps out a build that may not run beside a living older instance; one that is not heard of is removed", async () => {
    const old = await joined("old", "0.9.0");
    const tooNew = await member("too-new", "1.2.0");
    await server.database.executor.query("update cluster_state set finalized_version = '1.0.0'");
    await expect(tooNew.membership.join()).rejects.toThrow(/1\.2\.0 may not run beside old of version 0\.9\.0/);
    expect(await rowOf("too-new")).toBeUndefined();
    await old.proxy.cut();
    await server.database.executor.query("update cluster_instance set heartbeat_at = now() - interval '1 hour'");
    await tooNew.membership.join();
    expect(await rowOf("old")).toMatchObject({ state: "gone", gone_by: "too-new" });
  });
});

describe("an epoch", () => {
  const raise = () => server.database.executor.query("update cluster_state set epoch = epoch + 1");

  test("is acknowledged once it is taken over, not before, while beats go on", async () => {
    const taken = Promise.withResolvers<void>();
    let follows = 0;
    await joined("a", "1.0.0", {
      found: async () => undefined,
      follow: () => (follows++ === 0 ? Promise.resolve() : taken.promise),
    });
    await raise();
    await until("it is being taken over", () => follows === 2);
    await beatsOn("a", 4);
    expect([follows, (await rowOf("a"))?.gate_epoch]).toEqual([2, 0]);
    taken.resolve();
    await until("it is acknowledged", async () => (await rowOf("a"))?.gate_epoch === 1);
  });

  test("that could not be taken over is tried again", async () => {
    let follows = 0;
    const follow = async () => {
      if (follows++ === 1) throw new Error("not now");
    };
    await joined("a", "1.0.0", { found: async () => undefined, follow });
    await raise();
    await until("it is acknowledged", async () => (await rowOf("a"))?.gate_epoch === 1);
    expect(follows).toBe(3);
  });

  test("is known to whoever joins, before others can see it", async () => {
    await raise();
    const seen: string[] = [];
    await joined("a", "1.0.0", {
      found: async (_, epoch) => void seen.push(`found ${epoch}`),
      follow: async () => void seen.push("followed"),
    });
    expect(seen).toEqual(["found 1", "followed"]);
    expect((await rowOf("a"))?.gate_epoch).toBe(1);
  });
});

describe("a lapse", () => {
  test("ends with the next beat when nobody removed the instance", async () => {
    const { membership, proxy, removals } = await joined("alone");
    await proxy.cut();
    await until("it lapses", () => membership.isLapsed());
    await delay(2 * TIMING.lapseMs);
    await proxy.restore();
    await until("it is back", () => !membership.isLapsed());
    await beatsOn("alone");
    expect(removals).toEqual([]);
  });

  test("of one instance is seen by the others: it is marked after it stopped itself, and told so when it comes back", async () => {
    const silent = await joined("silent");
    const other = await joined("other");
    await silent.proxy.cut();
    await until("the row is marked", async () => (await rowOf("silent"))?.state === "gone");
    expect(silent.membership.isLapsed()).toBe(true);
    expect(silent.removals).toEqual([]);
    await silent.proxy.restore();
    await until("it is told", () => silent.removals.length > 0);
    expect(silent.removals).toEqual([
      expect.stringMatching(/did not beat for \d+ s and was removed from the cluster by other/),
    ]);
    expect(silent.membership.isLapsed()).toBe(true);
    await beatsOn("other");
    expect([other.membership.isLapsed(), other.removals]).toEqual([false, []]);
  });

  test("is told to an instance whose row is missing altogether", async () => {
    const { removals } = await joined("a");
    await server.database.executor.query("delete from cluster_instance");
    await until("it is told", () => removals.length > 0);
    await delay(3 * TIMING.intervalMs);
    expect(removals).toHaveLength(1);
  });

  test("of a database that hangs ends when it answers again", async () => {
    const { membership, proxy, removals } = await joined("alone");
    proxy.stall();
    await until("it lapses", () => membership.isLapsed());
    proxy.resume();
    await until("it is back", () => !membership.isLapsed());
    expect(removals).toEqual([]);
  });
});

describe("an outage that hits everybody removes nobody", () => {
  test("though one instance is back before the other", async () => {
    const first = await joined("first");
    const second = await joined("second");
    await beatsOn("first");
    await Promise.all([first.proxy.cut(), second.proxy.cut()]);
    await until("both lapse", () => first.membership.isLapsed() && second.membership.isLapsed());
    await delay(TIMING.lapseMs);
    await first.proxy.restore();
    await beatsOn("first", 2);
    expect((await rowOf("second"))?.state).toBe("starting");
    await second.proxy.restore();
    await until("the second is back", () => !second.membership.isLapsed());
    await beatsOn("first");
    await beatsOn("second");
    expect([first.removals, second.removals]).toEqual([[], []]);
  });
});

test("an instance that is gone is shown for an hour, then forgotten", async () => {
  const silent = await joined("silent");
  await silent.proxy.cut();
  const { membership } = await joined("other");
  await until("it is marked", async () => (await rowOf("silent"))?.state === "gone");
  await beatsOn("other");
  expect(membership.lastView().instances.map(({ id, state }) => `${id} ${state}`)).toContain("silent gone");
  await server.database.executor.query(
    "update cluster_instance set gone_at = now() - interval '61 minutes' where id = 'silent'",
  );
  await until("it is forgotten", async () => (await rowOf("silent")) === undefined);
});
