import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { engineTestDatabase, openTestPool, seededRandom } from "../testing/index.ts";
import { Slots } from "../working/slots.ts";
import { type ClaimedRun, type ClaimRequest, claimRuns, FAIRNESS, type Fairness } from "./claim.ts";
import { pgEngineDatabase } from "./database.ts";
import { endRuns } from "./end-runs.ts";
import { ensureQueues, updateQueue } from "./queues.ts";

const QUEUE = { kind: "workflow", queue: "default" } as const;
const BATCH = 0;
const URGENT = 50;
const LONG_AGO_S = 300;

const database = await engineTestDatabase();
const pool = openTestPool(database.url, 20);
const { executor } = pgEngineDatabase(pool);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query("truncate wf_run, wf_queue, wf_label, wf_step, wf_attempt");
  await ensureQueues(executor, [{ kind: "workflow", name: "default", capacity: 1000 }]);
});

interface Queued {
  readonly priority: number;
  readonly runs?: number;
  readonly ageS?: number;
  readonly key?: string;
}

/** Queues runs in one statement; their ids in order of seq. */
async function queue({ priority, runs = 1, ageS = 0, key }: Queued): Promise<string[]> {
  const ids = Array.from({ length: runs }, () => randomUUID());
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, priority, concurrency_key, created_at, visible_from)
     select x.id, x.id, 'workflow', 'known', 'default', $2, $3, now() - $4::int * interval '1 second', now() - $4::int * interval '1 second'
     from unnest($1::uuid[]) with ordinality as x(id, n) order by x.n`,
    [ids, priority, key ?? null, ageS],
  );
  return ids;
}

async function claim(request: Partial<ClaimRequest> = {}, fairness: Fairness = FAIRNESS): Promise<ClaimedRun[]> {
  const claimant = { id: "me", version: "1", leaseMs: 600_000, workflowNames: ["known"], activityNames: [], fairness };
  return [...(await claimRuns(executor, claimant, [{ ...QUEUE, limit: 10, ...request }])).runs];
}

const idsOf = (runs: readonly ClaimedRun[]) => runs.map((run) => run.id);
const prioritiesOf = (runs: readonly ClaimedRun[]) => runs.map((run) => run.priority);

async function end(runs: readonly ClaimedRun[]): Promise<void> {
  const blank = { parentId: null, outputJson: null, errorJson: null, waiting: null, delayMs: null, dueMs: null };
  const how = { ...blank, status: "COMPLETED", outcome: "COMPLETED", wakes: null, awaiting: null } as const;
  await endRuns(
    executor,
    runs.map(({ id, fence }) => ({ ...how, runId: id, fence })),
  );
}

test("urgent runs come before batch work, however long it has been waiting in line", async () => {
  await queue({ priority: BATCH, runs: 20, ageS: LONG_AGO_S });
  const urgent = await queue({ priority: URGENT, runs: 3 });
  expect(idsOf(await claim({ limit: 3 })).sort()).toEqual(urgent.sort());
});

test("batch work gets no more than its places, urgent runs take the others", async () => {
  await queue({ priority: BATCH, runs: 20 });
  expect(await claim({ limit: 10, batchLimit: 4 })).toHaveLength(4);
  expect(await claim({ limit: 6, batchLimit: 0 })).toEqual([]);
  await queue({ priority: URGENT, runs: 20 });
  expect(prioritiesOf(await claim({ limit: 6, batchLimit: 0 }))).toEqual(Array(6).fill(URGENT));
});

test("a share of a queue's capacity is kept from batch work across claimants that claim at once", async () => {
  await updateQueue(executor, { kind: "workflow", name: "default", capacity: 10 });
  await queue({ priority: BATCH, runs: 40 });
  expect((await Promise.all([claim(), claim(), claim(), claim()])).flat()).toHaveLength(8);
  await queue({ priority: URGENT, runs: 5 });
  expect(prioritiesOf(await claim())).toEqual([URGENT, URGENT]);
});

test("of a capacity of two one place is kept, of one none", async () => {
  await updateQueue(executor, { kind: "workflow", name: "default", capacity: 2 });
  await queue({ priority: BATCH, runs: 3 });
  expect(await claim()).toHaveLength(1);
  await updateQueue(executor, { kind: "workflow", name: "default", capacity: 1 });
  await pool.query("update wf_run set status = 'COMPLETED', finished_at = now() where status = 'RUNNING'");
  expect(await claim()).toHaveLength(1);
});

test("what has waited longest gets its turn before urgent runs, and no sooner than the limit", async () => {
  await queue({ priority: 10, ageS: 30 });
  const [older, younger] = [
    await queue({ priority: BATCH, ageS: 200 }),
    await queue({ priority: 20, runs: 2, ageS: 100 }),
  ];
  await queue({ priority: URGENT, runs: 20 });
  const runs = await claim({ limit: 5, agedLimit: 3 });
  expect(idsOf(runs.filter((run) => run.aged)).sort()).toEqual([...older, ...younger].sort());
  expect(prioritiesOf(runs.filter((run) => !run.aged))).toEqual([URGENT, URGENT]);
  expect((await claim({ limit: 5, agedLimit: 3 })).filter((run) => run.aged)).toEqual([]);
});

test("a run that goes on and on does not take the turn of those that never ran", async () => {
  const [restless] = await queue({ priority: BATCH, ageS: 900 });
  await pool.query("update wf_run set status = 'SUSPENDED', fence = 7, claimed_at = now() where id = $1", [restless]);
  const waiting = await queue({ priority: BATCH, ageS: 100 });
  await queue({ priority: URGENT, runs: 5 });
  expect(idsOf(await claim({ limit: 1, agedLimit: 1 }))).toEqual(waiting);
});

test("a turn out of line respects batch places, keys and paused queues", async () => {
  await queue({ priority: BATCH, runs: 2, ageS: LONG_AGO_S, key: "k" });
  await queue({ priority: URGENT, runs: 20 });
  await updateQueue(executor, { kind: "workflow", name: "default", status: "PAUSED" });
  expect(await claim({ agedLimit: 5 })).toEqual([]);
  await updateQueue(executor, { kind: "workflow", name: "default", status: "ACTIVE" });
  expect((await claim({ limit: 2, batchLimit: 0, agedLimit: 2 })).some((run) => run.aged)).toBe(false);
  const aged = await claim({ limit: 5, agedLimit: 5 });
  expect(aged.filter((run) => run.aged)).toHaveLength(1);
  expect((await claim({ limit: 5, agedLimit: 5 })).filter((run) => run.aged)).toEqual([]);
  await end(aged);
  expect((await claim({ limit: 5, agedLimit: 5 })).filter((run) => run.aged)).toHaveLength(1);
});

test("an older run of the same key but higher priority is not overtaken out of turn", async () => {
  await queue({ priority: BATCH, ageS: LONG_AGO_S, key: "k" });
  const [first] = await queue({ priority: URGENT, key: "k" });
  await queue({ priority: URGENT, runs: 3 });
  const runs = await claim({ limit: 2, agedLimit: 1 });
  expect(runs.some((run) => run.aged)).toBe(false);
  expect(idsOf(runs)).toContain(first);
});

test("under endless urgent load every batch run is claimed within its bound, in order of age", async () => {
  const random = seededRandom();
  const { agedEvery } = FAIRNESS;
  for (const concurrency of [1, 2, 5, 25]) {
    await pool.query("truncate wf_run");
    const slots = new Slots([{ ...QUEUE, concurrency }], 0);
    const low: string[] = [];
    for (const priority of [0, 10, 0, 20, 0, 10])
      low.push(...(await queue({ priority, ageS: LONG_AGO_S - low.length })));
    const claims: ClaimedRun[] = [];
    const batches: string[][] = [];
    let active: ClaimedRun[] = [];
    while (claims.length < agedEvery * (low.length + 1) + 2 * concurrency) {
      await queue({ priority: random() < 0.5 ? URGENT : 75, runs: concurrency * 2 });
      for (const request of slots.requests(performance.now())) active.push(...(await claim(request)));
      batches.push(idsOf(active));
      for (const run of active.filter((each) => !claims.includes(each))) {
        slots.take(run);
        claims.push(run);
      }
      const ended = active.filter(() => random() < 0.6);
      active = active.filter((run) => !ended.includes(run));
      await end(ended);
      for (const run of ended) slots.release(run);
    }
    const inBatch = low.map((id) => batches.findIndex((batch) => batch.includes(id)));
    expect(inBatch, `concurrency ${concurrency}`).toEqual(inBatch.toSorted((a, b) => a - b));
    const at = low.map((id) => claims.findIndex((run) => run.id === id));
    expect(at).not.toContain(-1);
    for (const [n, position] of at.entries()) expect(position).toBeLessThan(agedEvery * (n + 1) + 2 * concurrency);
    expect(low.length / claims.length).toBeLessThan(1.2 / agedEvery);
  }
});

test("a claimant of the release before shares keys and capacity with this one", async () => {
  const random = seededRandom();
  await updateQueue(executor, { kind: "workflow", name: "default", capacity: 9 });
  for (let n = 0; n < 150; n++) await queue({ priority: n % 3 === 0 ? URGENT : BATCH, key: `k${n % 11}` });
  let ended = 0;
  while (ended < 150) {
    const before = pool.query(
      "select (c.claimed).id from wf_claim('workflow', 'default', '{known}', $1, 250, 'old', '0', 600000, 0) c",
      [1 + Math.floor(random() * 6)],
    );
    await Promise.all([before, claim({ limit: 1 + Math.floor(random() * 6), agedLimit: 1 })]);
    const { rows } = await pool.query<{ id: string; fence: number; key: string }>(
      "select id, fence, concurrency_key as key from wf_run where status = 'RUNNING'",
    );
    expect(rows.length).toBeLessThanOrEqual(9);
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
    await end(rows as unknown as ClaimedRun[]);
    ended += rows.length;
  }
});
