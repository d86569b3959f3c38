import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeEach, expect, test } from "vitest";
import { engineTestDatabase, openTestPool, seededRandom, until } from "../testing/index.ts";
import { CLAIM_EXAMINED_MAX, type ClaimedRun, claimRuns } from "./claim.ts";
import { pgEngineDatabase, type SqlExecutor } from "./database.ts";
import { endRuns } from "./end-runs.ts";
import { insertRun } from "./insert-run.ts";
import { cancelRun } from "./operate-runs.ts";
import { ensureQueues, updateQueue } from "./queues.ts";
import { releaseStrandedKeys } from "./repairs.ts";

const database = await engineTestDatabase();
const pool: pg.Pool = openTestPool(database.url, 20);
const { executor } = pgEngineDatabase(pool);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query("truncate wf_run, wf_queue, wf_label, wf_step, wf_attempt");
  await ensureQueues(executor, [{ kind: "workflow", name: "default", capacity: 1000 }]);
});

async function queue(
  fields: { name?: string; key?: string; priority?: number; delayMs?: number } = {},
): Promise<string> {
  const id = randomUUID();
  await insertRun(executor, {
    id,
    name: fields.name ?? "known",
    queue: "default",
    input: null,
    priority: fields.priority ?? 0,
    concurrencyKey: fields.key ?? null,
    instanceId: null,
    labels: null,
    delayMs: fields.delayMs ?? 0,
  });
  return id;
}

async function claim(
  limit = 10,
  names: readonly string[] = ["known"],
  by: SqlExecutor = executor,
): Promise<ClaimedRun[]> {
  const claimant = { id: "me", version: "1", leaseMs: 60_000, workflowNames: names, activityNames: [] };
  const claimed = await claimRuns(by, claimant, [{ kind: "workflow", queue: "default", limit }]);
  return [...claimed.runs];
}

async function claimIds(limit?: number): Promise<string[]> {
  const runs = await claim(limit);
  return runs.sort((a, b) => b.priority - a.priority || a.seq - b.seq).map((run) => run.id);
}

async function complete(
  runs: readonly { id: string; fence: number }[],
  by: SqlExecutor = executor,
): Promise<boolean[]> {
  const blank = { parentId: null, outputJson: null, errorJson: null, waiting: null, delayMs: null, dueMs: null };
  return endRuns(
    by,
    runs.map(({ id, fence }) => ({
      ...blank,
      runId: id,
      fence,
      status: "COMPLETED",
      outcome: "COMPLETED",
      wakes: null,
      awaiting: null,
    })),
  );
}

test("an instance never claims a workflow it does not know", async () => {
  await queue({ name: "from-a-newer-version" });
  const known = await queue();
  expect(await claimIds()).toEqual([known]);
  expect(await claimIds()).toEqual([]);
});

test("higher priority comes first, then age", async () => {
  const [low, old, young] = [await queue(), await queue({ priority: 50 }), await queue({ priority: 50 })];
  expect(await claimIds(1)).toEqual([old]);
  expect(await claimIds(2)).toEqual([young, low]);
});

test("a paused queue hands nothing out until it is resumed", async () => {
  const id = await queue();
  await updateQueue(executor, { kind: "workflow", name: "default", status: "PAUSED" });
  expect(await claimIds()).toEqual([]);
  await updateQueue(executor, { kind: "workflow", name: "default", status: "ACTIVE" });
  expect(await claimIds()).toEqual([id]);
});

test("a queue's capacity holds across claimants that claim at once", async () => {
  await updateQueue(executor, { kind: "workflow", name: "default", capacity: 7 });
  for (let n = 0; n < 40; n++) await queue({ priority: 50 });
  const { claims, rival } = await whileUncommitted(
    (tx) => claim(5, ["known"], tx),
    () => Promise.all(Array.from({ length: 4 }, () => claim(5))),
  );
  expect([...rival, ...claims.flat()]).toHaveLength(7);
});

/** Begins `others` while what `first` did is done but not committed. */
async function whileUncommitted<T, O>(
  first: (tx: SqlExecutor) => Promise<T>,
  others: () => Promise<O>,
): Promise<{ rival: T; claims: O }> {
  return pgEngineDatabase(pool)
    .transaction(async (tx) => {
      const rival = await first(tx);
      const pending = others();
      await doneOrWaiting(pending);
      return { rival, pending };
    })
    .then(async ({ rival, pending }) => ({ rival, claims: await pending }));
}

/** Resolves when that is done, or when somebody waits for a lock: it will not get further. */
async function doneOrWaiting(pending: Promise<unknown>): Promise<void> {
  let done = false;
  const end = () => {
    done = true;
  };
  pending.then(end, end);
  const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  await until("it is done or waits", async () => done || (await pool.query(waiting)).rowCount !== 0);
}

test("a delayed run is not claimed before its time", async () => {
  await queue({ delayMs: 60_000 });
  expect(await claimIds()).toEqual([]);
});

test("of one key only one run is handed out, the next when it has ended", async () => {
  const [first, second] = [await queue({ key: "k" }), await queue({ key: "k" })];
  const [claimed] = await claim();
  expect(claimed?.id).toBe(first);
  expect(await claimIds()).toEqual([]);
  await complete(claimed ? [claimed] : []);
  expect(await claimIds()).toEqual([second]);
});

test("a run that comes while its key is being released is not parked behind the one that ends", async () => {
  await queue({ key: "k" });
  const holder = await claim();
  const { claims } = await whileUncommitted(
    (tx) => complete(holder, tx),
    async () => {
      await queue({ key: "k" });
      return claim();
    },
  );
  expect(claims).toEqual([]);
  expect(await claim()).toHaveLength(1);
});

test("waiting runs of a key go on in order of priority, then age", async () => {
  const [holder, old, young, urgent] = [
    await queue({ key: "k" }),
    await queue({ key: "k" }),
    await queue({ key: "k" }),
    await queue({ key: "k", priority: 75 }),
  ];
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const claimed = await claim();
    order.push(...claimed.map((run) => run.id));
    await complete(claimed);
  }
  expect(order).toEqual([urgent, holder, old, young]);
});

test("an older run this instance does not know keeps its place before a younger one of its key", async () => {
  await queue({ key: "k", name: "unknown-here" });
  await queue({ key: "k" });
  expect(await claimIds()).toEqual([]);
});

test("cancelling the first in line lets the next of its key go on", async () => {
  const head = await queue({ key: "k", name: "unknown-here" });
  const next = await queue({ key: "k" });
  expect(await claimIds()).toEqual([]);
  await cancelRun(executor, head);
  expect(await claimIds()).toEqual([next]);
});

test("runs behind a held key are looked at once, not by every claim", async () => {
  await queue({ key: "k" });
  expect(await claimIds()).toHaveLength(1);
  for (let n = 0; n < CLAIM_EXAMINED_MAX + 50; n++) await queue({ key: "k" });
  const free = await queue({ key: "other" });
  const seen = [...(await claimIds(500)), ...(await claimIds(500))];
  expect(seen).toEqual([free]);
  const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from wf_run where waiting = 'key'");
  expect(rows[0]?.n).toBe(CLAIM_EXAMINED_MAX + 50);
});

test("a key nobody holds is released by the repair", async () => {
  const id = await queue({ key: "k" });
  await pool.query("update wf_run set waiting = 'key'");
  expect(await claimIds()).toEqual([]);
  expect(await releaseStrandedKeys(executor)).toBe(1);
  expect(await claimIds()).toEqual([id]);
});

test("claims, ends and cancels at random never overlap a key and strand nobody", async () => {
  const random = seededRandom();
  const ids: string[] = [];
  for (let n = 0; n < 400; n++)
    ids.push(await queue({ key: `k${Math.floor(random() * 12)}`, priority: Math.floor(random() * 3) }));
  const holders = new Map<string, string>();
  const overlaps: string[] = [];
  const deadlineMs = performance.now() + 100_000;
  async function work(): Promise<void> {
    while (performance.now() < deadlineMs && (await unfinished()) > 0) {
      const runs = await claim(1 + Math.floor(random() * 5)).catch(ignoreKeyRace);
      for (const run of runs) {
        const key =
          (await pool.query<{ k: string }>("select concurrency_key as k from wf_run where id = $1", [run.id])).rows[0]
            ?.k ?? "";
        if (holders.has(key)) overlaps.push(key);
        holders.set(key, run.id);
      }
      if (random() < 0.3) await cancelRun(executor, ids[Math.floor(random() * ids.length)] ?? "");
      for (const [key, holder] of holders) if (runs.some((run) => run.id === holder)) holders.delete(key);
      await complete(runs);
    }
  }
  async function unfinished(): Promise<number> {
    const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from wf_run where finished_at is null");
    return rows[0]?.n ?? 0;
  }
  await Promise.all([work(), work(), work(), work()]);
  expect(overlaps).toEqual([]);
  expect(await unfinished()).toBe(0);
});

function ignoreKeyRace(error: unknown): ClaimedRun[] {
  if (error instanceof Error && "code" in error && error.code === "23505") return [];
  throw error;
}
