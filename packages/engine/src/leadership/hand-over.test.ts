import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { pgEngineDatabase } from "../store/database.ts";
import type { LeaderLease } from "../store/leader-lease.ts";
import { engineTestDatabase, openTestPool, quietLog, seededRandom, until } from "../testing/index.ts";
import { Election } from "./election.ts";
import { nextMove } from "./hand-over.ts";
import { isNewer } from "./versions.ts";

const CHECK_MS = 400;
const LEASE_MS = 60_000;
/** How an instance of the first release takes and renews the lease; it knows nothing of challengers. */
const FIRST_RELEASE_ACQUIRE = `
  insert into wf_lease (name, holder, holder_version, expires_at)
  values ('leader', $1, $2, clock_timestamp() + $3::int * interval '1 millisecond')
  on conflict (name) do update set holder = excluded.holder, holder_version = excluded.holder_version,
    expires_at = excluded.expires_at,
    acquired_at = case when wf_lease.holder = excluded.holder then wf_lease.acquired_at else clock_timestamp() end
  where wf_lease.holder = excluded.holder or wf_lease.expires_at <= clock_timestamp()`;

const database = await engineTestDatabase();
const pool = openTestPool(database.url, 20);
const { executor } = pgEngineDatabase(pool);
const candidates: Election[] = [];
beforeEach(async () => {
  await pool.query("truncate wf_lease");
});
afterEach(async () => {
  await Promise.all(candidates.splice(0).map((each) => each.stop()));
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function candidate(id: string, version: string, options: { mayLead?: () => boolean; leaseMs?: number } = {}): Election {
  const election = new Election({
    executor,
    instance: { id, version },
    leaseMs: options.leaseMs ?? LEASE_MS,
    checkMs: CHECK_MS,
    log: quietLog(),
    mayLead: options.mayLead ?? (() => true),
    onAcquired: () => undefined,
  });
  candidates.push(election);
  election.start();
  return election;
}

async function firstReleaseAcquires(id: string, leaseMs = LEASE_MS): Promise<boolean> {
  return (await pool.query(FIRST_RELEASE_ACQUIRE, [id, "0.1.0", leaseMs])).rowCount === 1;
}

async function row(): Promise<{ holder: string; challenger: string | null } | undefined> {
  return (await pool.query("select holder, challenger from wf_lease")).rows[0];
}

function leads(election: Election): Promise<boolean> {
  return until("it leads", () => election.isLeader());
}

test("a leader gives way to a newer version, and no third one comes between", async () => {
  const old = candidate("old", "1.9.0");
  await leads(old);
  const bystander = candidate("bystander", "1.9.0");
  const newer = candidate("newer", "1.10.0-rc.1");
  await leads(newer);
  expect([old.isLeader(), bystander.isLeader()]).toEqual([false, false]);
  expect([old.counters, bystander.counters]).toEqual([
    { acquired: 1, lost: 1 },
    { acquired: 0, lost: 0 },
  ]);
  expect(await row()).toEqual({ holder: "newer", challenger: null });
});

test("an equal or older version does not ask for the lease", async () => {
  await leads(candidate("leader", "2.0.0"));
  const others = [candidate("equal", "2.0.0"), candidate("older", "2.0.0-rc.9"), candidate("odd", "nightly")];
  await until("they have looked several times", async () => {
    await pool.query("select pg_sleep($1)", [(CHECK_MS * 3) / 1000]);
    return true;
  });
  expect(others.map((each) => each.counters.acquired)).toEqual([0, 0, 0]);
  expect(await row()).toEqual({ holder: "leader", challenger: null });
});

test("of several newer candidates the newest gets the lease", async () => {
  await leads(candidate("old", "1.0.0"));
  const middle = candidate("middle", "1.1.0");
  const newest = candidate("newest", "1.2.0");
  await leads(newest);
  await until("it stays so", async () => (await row())?.challenger === null);
  expect(middle.isLeader()).toBe(false);
});

test("a challenger that stops, or may not lead, is no challenger any more", async () => {
  await firstReleaseAcquires("first-release");
  const challenger = candidate("challenger", "2.0.0");
  await until("it has announced itself", async () => (await row())?.challenger === "challenger");
  await challenger.stop();
  expect(await row()).toEqual({ holder: "first-release", challenger: null });
  let mayLead = true;
  candidate("lapsing", "2.0.0", { mayLead: () => mayLead });
  await until("it has announced itself", async () => (await row())?.challenger === "lapsing");
  mayLead = false;
  await until("it has withdrawn", async () => (await row())?.challenger === null);
});

test("a leader that may not lead any more says so at once and gives the lease back", async () => {
  let mayLead = true;
  const lapsing = candidate("lapsing", "1.0.0", { mayLead: () => mayLead });
  await leads(lapsing);
  mayLead = false;
  expect(lapsing.isLeader()).toBe(false);
  await leads(candidate("next", "1.0.0"));
});

test("beside a leader of the first release, which does not give way, the newer one leads once that one stops", async () => {
  await firstReleaseAcquires("first-release");
  const newer = candidate("newer", "2.0.0");
  const older = candidate("older", "1.0.0");
  await until("the newer one has announced itself", async () => (await row())?.challenger === "newer");
  expect(await firstReleaseAcquires("first-release"), "its renewals go on").toBe(true);
  await pool.query("update wf_lease set expires_at = clock_timestamp()"); // it is killed, and its lease ends
  await leads(newer);
  expect(older.counters.acquired).toBe(0);
  expect(await firstReleaseAcquires("another-of-the-first-release")).toBe(false);
});

test("a challenger that was killed keeps a free lease from others for one check interval at most", async () => {
  await firstReleaseAcquires("first-release");
  const keepAnnouncing = setInterval(() => {
    void pool.query(
      "update wf_lease set challenger = 'killed', challenger_version = '9.0.0', challenger_seen_at = clock_timestamp()",
    );
  }, 20);
  const patient = candidate("patient", "1.0.0");
  await pool.query("update wf_lease set expires_at = clock_timestamp()");
  await leads(patient);
  clearInterval(keepAnnouncing);
  const { rows } = await pool.query("select 1 from wf_lease where holder = 'patient'");
  expect(rows).toHaveLength(1);
});

test("a stopping leader leaves the lease to its challenger", async () => {
  const old = candidate("old", "1.0.0");
  await leads(old);
  await pool.query(
    "update wf_lease set challenger = 'newer', challenger_version = '2.0.0', challenger_seen_at = clock_timestamp()",
  );
  await old.stop();
  expect(await row()).toMatchObject({ challenger: "newer" });
  const bystander = candidate("bystander", "1.0.0");
  const newer = candidate("newer", "2.0.0");
  await leads(newer);
  expect(bystander.counters.acquired).toBe(0);
});

test("candidates of three versions that come and go at random: the newest that is there leads in the end", async () => {
  const random = seededRandom();
  for (let turn = 0; turn < 12; turn++) {
    const index = Math.floor(random() * 6);
    const one = candidates[index];
    if (one && random() < 0.5) await candidates.splice(index, 1)[0]?.stop();
    else candidate(`c${turn}`, `1.${Math.floor(random() * 3)}.0`);
    await pool.query("select pg_sleep($1)", [random() * 0.1]);
  }
  const newest = candidate("newest", "1.3.0");
  await leads(newest);
  expect(candidates.filter((each) => each.isLeader())).toHaveLength(1);
});

const lease: LeaderLease = {
  holder: "old",
  holderVersion: "1.0.0",
  freeForMs: -1000,
  challenger: "new",
  challengerVersion: "2.0.0",
  challengerAgeMs: 10,
};
const me = (id: string, version: string) => ({ id, version });

test("a move is decided from the lease alone", () => {
  expect(nextMove(null, me("any", "1.0.0"), CHECK_MS)).toBe("lead");
  expect(nextMove(lease, me("old", "1.0.0"), CHECK_MS)).toBe("yield");
  expect(nextMove({ ...lease, challengerAgeMs: CHECK_MS }, me("old", "1.0.0"), CHECK_MS)).toBe("lead");
  expect(nextMove(lease, me("new", "2.0.0"), CHECK_MS)).toBe("challenge");
  expect(nextMove(lease, me("between", "1.5.0"), CHECK_MS)).toBe("wait");
  expect(nextMove({ ...lease, freeForMs: 0 }, me("between", "1.5.0"), CHECK_MS)).toBe("defer");
  expect(nextMove({ ...lease, freeForMs: CHECK_MS }, me("between", "1.5.0"), CHECK_MS)).toBe("lead");
  expect(nextMove({ ...lease, freeForMs: 0 }, me("new", "2.0.0"), CHECK_MS)).toBe("lead");
  expect(nextMove({ ...lease, freeForMs: 0 }, me("newest", "3.0.0"), CHECK_MS)).toBe("lead");
});

test("versions go by the order of semantic versions", () => {
  const ascending = ["nightly", "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2"];
  ascending.push("1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.10", "1.2.0", "v2.0.0", "10.0.0+build.5");
  for (const [index, version] of ascending.entries()) {
    for (const [other, than] of ascending.entries())
      expect(isNewer(version, than), `${version} > ${than}`).toBe(index > other);
  }
  expect(isNewer("1.0.0", null)).toBe(true);
  expect(isNewer("1.0.0+a", "1.0.0+b")).toBe(false);
});
