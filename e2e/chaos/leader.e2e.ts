import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  everyTaskAt,
  expectEveryFiringOnce,
  type Firing,
  firingsOf,
  unaccountedRuns,
} from "../harness/cron-firings.ts";
import { Fleet, type Place } from "../harness/fleet.ts";
import { until } from "../harness/until.ts";

/** `LEADER_LEASE_MS=30000 LEADER_CHECK_MS=15000` are the defaults of the product. */
const LEASE_MS = Number(process.env.LEADER_LEASE_MS ?? 6_000);
const CHECK_MS = Number(process.env.LEADER_CHECK_MS ?? 1_500);
/** For a machine that is busy with other things. */
const SLACK_MS = 20_000;
/** A lease nobody waits for in a test. */
const LONG_LEASE_MS = 120_000;
const EVERY_MS = 2_000;
const ENVIRONMENT = {
  ...everyTaskAt("*/2 * * * * *"),
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: String(LEASE_MS),
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: String(CHECK_MS),
};

describe("a leader", () => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await Fleet.start({ webs: 0, workers: 2, environment: ENVIRONMENT });
    await until("somebody leads and fires", 180_000, async () => (await firingsOf(fleet)).length > 0);
  });
  afterEach(() => fleet?.close());

  test("that is killed is replaced within the lease and one check", { timeout: 600_000 }, async () => {
    const { old, next } = await leaderAndNext(fleet);
    const beganMs = performance.now();
    await old.server.kill();
    const tookMs = await leads(fleet, next, beganMs);
    console.info(`killed: another one leads after ${tookMs} ms (lease ${LEASE_MS}, check ${CHECK_MS})`);
    expect(tookMs).toBeLessThan(LEASE_MS + CHECK_MS + SLACK_MS);
    await until("it fires", 180_000, async () => (await newestFiring(fleet))?.firedBy === next.server.instanceId);
    expect(await unaccountedRuns(fleet)).toEqual([]);
  });

  test("that is paused beyond its lease steps down before it leads again: no firing twice", {
    timeout: 600_000,
  }, async () => {
    const { old, next } = await leaderAndNext(fleet);
    const beganMs = performance.now();
    old.server.signal("SIGSTOP");
    const tookMs = await leads(fleet, next, beganMs);
    await delay(EVERY_MS * 2);
    const [woken] = await fleet.rows<{ ms: number }>("select (extract(epoch from now()) * 1000)::float8 as ms");
    old.server.signal("SIGCONT");
    await delay(Math.max(3 * CHECK_MS, 4 * EVERY_MS));
    const since = (firings: readonly Firing[]) => firings.filter(({ firedMs }) => firedMs > (woken?.ms ?? 0));
    await until("it goes on", 180_000, async () => since(await firingsOf(fleet)).length > 0);
    const firings = await firingsOf(fleet);
    const afterwards = since(firings);
    console.info(
      `paused: another one leads after ${tookMs} ms; ${firings.length} firings, ${afterwards.length} after the old one went on`,
    );
    expect(new Set(afterwards.map(({ firedBy }) => firedBy)), "only the new leader fires").toEqual(
      new Set([next.server.instanceId]),
    );
    expectEveryFiringOnce(firings, EVERY_MS);
    expect(firings.filter(({ sameRuns }) => sameRuns > 1)).toEqual([]);
    expect(await unaccountedRuns(fleet)).toEqual([]);
    expect(await holder(fleet)).toBe(next.server.instanceId);
  });
});

test("a leader that is stopped with SIGTERM gives its lease back: another one leads long before it would have ended", {
  timeout: 600_000,
}, async () => {
  const long = { ...ENVIRONMENT, DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: String(LONG_LEASE_MS) };
  const fleet = await Fleet.start({ webs: 0, workers: 2, environment: long });
  try {
    await until("somebody leads", 180_000, async () => (await holder(fleet)) !== undefined);
    const { old, next } = await leaderAndNext(fleet);
    const beganMs = performance.now();
    const stopped = old.server.stop();
    const tookMs = await leads(fleet, next, beganMs);
    console.info(`stopped: another one leads after ${tookMs} ms`);
    expect(tookMs).toBeLessThan(LONG_LEASE_MS / 2);
    expect(await stopped).toBe(0);
  } finally {
    await fleet.close();
  }
});

async function leaderAndNext(fleet: Fleet): Promise<{ old: Place; next: Place }> {
  const id = await holder(fleet);
  const old = fleet.workers.find(({ server }) => server.instanceId === id);
  const next = fleet.workers.find((place) => place !== old);
  if (old === undefined || next === undefined) throw new Error(`nobody of this fleet leads: ${id}`);
  return { old, next };
}

async function holder(fleet: Fleet): Promise<string | undefined> {
  const [row] = await fleet.rows<{ holder: string }>("select holder from wf_lease where name = 'leader'");
  return row?.holder;
}

/** Milliseconds until that instance holds the lease. */
async function leads(fleet: Fleet, { server }: Place, beganMs: number): Promise<number> {
  const limitMs = LEASE_MS + CHECK_MS + 120_000;
  await until("another one leads", limitMs, async () => (await holder(fleet)) === server.instanceId);
  return Math.round(performance.now() - beganMs);
}

async function newestFiring(fleet: Fleet) {
  return (await firingsOf(fleet)).at(-1);
}
