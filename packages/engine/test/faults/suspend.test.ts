import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom, until } from "../../src/testing/index.ts";
import { parent, slowMiddle } from "./definitions.ts";
import { type FaultBench, openFaultBench } from "./fault-bench.ts";
import { OVERLAPS, tracesOf } from "./trace.ts";

const PARENTS = 150;
const KEYS = 30;
const KILLS_MAX = 4;
const HOLDS_MAX = 70;
const DEADLINE_MS = 180_000;
/** Short, so that nobody waits long for what died; long enough for a busy machine to renew it in time. */
const LEASE_MS = 3000;

let bench: FaultBench;
beforeEach(async () => {
  bench = await openFaultBench();
});
afterEach(async (context) => {
  if (context.task.result?.state === "fail") console.log(bench.workers.output().slice(-20_000));
  await bench.close();
});

/** Ownerships of a tree so far, and how many runs of it are owned now. */
async function ownership(rootId: string): Promise<{ fences: number; running: number }> {
  const { rows } = await bench.pool.query<{ fences: number; running: number }>(
    `select sum(fence)::int as fences, count(*) filter (where status = 'RUNNING')::int as running from wf_run where root_id = $1`,
    [rootId],
  );
  return rows[0] ?? { fences: -1, running: -1 };
}

function unfinished(): Promise<number> {
  return bench.count("wf_run where name = $1 and status <> 'COMPLETED'", [parent.name]);
}

test("runs are held and resumed at random while workers are killed: what is held stays still, nothing is lost or doubled", {
  timeout: DEADLINE_MS + 30_000,
}, async () => {
  const random = seededRandom();
  const { client } = bench.engine;
  await bench.startMany(parent, PARENTS, (n) => [{ key: `key${n % KEYS}`, n }, { concurrencyKey: `key${n % KEYS}` }]);
  const start = (name: string) => bench.workers.start({ url: bench.url, id: name, leaseMs: LEASE_MS, stepMs: [5, 60] });
  const workers = [await start("one-0"), await start("two-0")];
  const endMs = performance.now() + DEADLINE_MS;
  const held = new Map<string, Awaited<ReturnType<typeof ownership>>>();
  const moved: string[] = [];
  let [kills, holds] = [0, 0];
  while ((await unfinished()) > 0 && performance.now() < endMs) {
    const { rows } = await bench.pool.query<{ id: string }>(
      "select id from wf_run where parent_id is null and finished_at is null order by seq limit 40",
    );
    const id = rows[Math.floor(random() * rows.length)]?.id;
    if (id === undefined) continue; // the last one has ended meanwhile
    const before = held.get(id);
    if (before) {
      if (JSON.stringify(await ownership(id)) !== JSON.stringify(before)) moved.push(id);
      expect(await client.resume(id)).toBe(true);
      held.delete(id);
    } else if (holds < HOLDS_MAX && (await client.suspend(id))) {
      holds++;
      held.set(id, await ownership(id));
    }
    if (holds >= HOLDS_MAX) for (const each of held.keys()) if (await client.resume(each)) held.delete(each);
    if (kills < KILLS_MAX && holds > (kills + 1) * 12) {
      const index = Math.floor(random() * workers.length);
      workers[index]?.signal("SIGKILL");
      workers[index] = await start(`worker-${++kills}`);
    }
    await sleep(random() * 60);
  }
  console.log(`${holds} holds, ${kills} kills`);
  expect(await unfinished()).toBe(0);
  expect(holds).toBeGreaterThan(10);
  expect(moved, "trees that moved while they were held").toEqual([]);
  expect(await bench.count("wf_run where parent_id is not null")).toBe(PARENTS);
  expect(await bench.count("wf_run where output <> input->'n'")).toBe(0);
  expect(await bench.count(`(${OVERLAPS}) x`)).toBe(0);
  expect(await bench.count("wf_run where take_overs > 3 or status <> 'COMPLETED'")).toBe(0);
});

test("a held run stays held when its owner is killed, stopped in order or continued after a pause", {
  timeout: 2 * DEADLINE_MS,
}, async () => {
  const { client } = bench.engine;
  for (const how of ["SIGKILL", "SIGTERM", "SIGSTOP"] as const) {
    const worker = await bench.workers.start({ url: bench.url, id: `owner-${how}`, leaseMs: LEASE_MS });
    const id = await bench.start(slowMiddle, null);
    await until("it is in its middle step", async () =>
      (await tracesOf(bench.database.executor, id)).some(({ what }) => what === "middle"),
    );
    if (how === "SIGSTOP") worker.signal(how);
    expect(await client.suspend(id)).toBe(true);
    if (how === "SIGSTOP") await sleep(LEASE_MS + 500);
    worker.signal(how === "SIGSTOP" ? "SIGCONT" : how);
    const heir = await bench.workers.start({ url: bench.url, id: `heir-${how}`, leaseMs: LEASE_MS });
    if (how !== "SIGSTOP") await worker.gone;
    await sleep(LEASE_MS + 1000); // longer than a lease: whoever could take it over would have
    expect((await client.getRun(id))?.status).toBe("SUSPENDED");
    expect((await client.getSteps(id)).map(({ name }) => name)).toEqual(["before"]);
    expect(await client.resume(id)).toBe(true);
    const run = await bench.finished(id, DEADLINE_MS / 2);
    expect(run).toMatchObject({ status: "COMPLETED", takeOvers: 0 });
    expect((await client.getSteps(id)).map(({ name }) => name)).toEqual(["before", "middle", "after"]);
    heir.signal("SIGKILL");
    if (worker.isAlive()) worker.signal("SIGKILL");
    await heir.gone;
  }
});
