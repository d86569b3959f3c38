import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeEach, expect, test } from "vitest";
import { engineTestDatabase, openTestPool, until } from "../testing/index.ts";
import { type ClaimedRun, claimRuns, promoteDue } from "./claim.ts";
import { pgEngineDatabase, type SqlExecutor } from "./database.ts";
import { insertRun } from "./insert-run.ts";
import { cancelRun, holdRun, letGo, resumeRun } from "./operate-runs.ts";
import { ensureQueues } from "./queues.ts";
import { spawnRuns } from "./spawn-runs.ts";

const database = await engineTestDatabase();
const pool: pg.Pool = openTestPool(database.url);
const { executor, transaction } = pgEngineDatabase(pool);
await ensureQueues(executor, [{ kind: "workflow", name: "default", capacity: 1000 }]);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query("truncate wf_run, wf_attempt, wf_signal");
});

async function queued(options: { key?: string; delayMs?: number } = {}): Promise<string> {
  const id = randomUUID();
  const fields = { name: "w", queue: "default", input: null, priority: 0, instanceId: null, labels: null };
  await insertRun(executor, {
    id,
    ...fields,
    concurrencyKey: options.key ?? null,
    delayMs: options.delayMs ?? 0,
  });
  return id;
}

async function claimed(): Promise<ClaimedRun> {
  const claimant = { id: "owner", version: "1", leaseMs: 60_000, workflowNames: ["w"], activityNames: [] };
  const { runs } = await claimRuns(executor, claimant, [{ kind: "workflow", queue: "default", limit: 1 }]);
  if (!runs[0]) throw new Error("nothing to claim");
  return runs[0];
}

async function stateOf(id: string): Promise<{ status: string; waiting: string | null; held: boolean; fence: number }> {
  const { rows } = await pool.query(
    "select status, waiting, fence, held_at is not null and visible_from = 'infinity' as held from wf_run where id = $1",
    [id],
  );
  return rows[0];
}

/** Everything the functions of the first release might do to runs, with the fences their callers believe in. */
async function firstReleaseActs(run: ClaimedRun): Promise<void> {
  const ended = ["SUSPENDED", "HANDED_BACK", null, null, null, null, null, null, null];
  await pool.query(
    `select wf_end_2(array[$1::uuid], array[$2::int], array[$3], array[$4], array[$5], array[$6], array[$7]::text[],
       array[$8]::float8[], array[$9]::float8[], array[$10]::int[], array[$11]::int[], '{}'::uuid[])`,
    [run.id, run.fence, ...ended],
  );
  await pool.query("select wf_wake(array[$1::uuid])", [run.id]);
  await pool.query("select wf_promote(100)");
  await pool.query("select wf_sweep(100, 3)");
  await pool.query("select wf_release_keys(array['k'])");
  const { rows } = await pool.query(
    "select (claimed).id from wf_claim('workflow', 'default', array['w'], 10, 250, 'first-release', '0.1.0', 30000, 0) where claimed is not null",
  );
  expect(rows).toEqual([]);
}

test("no function of the first release lets a held run go", async () => {
  await queued({ key: "k" });
  const run = await claimed();
  await holdRun(executor, run.id);
  const before = await stateOf(run.id);
  expect(before).toMatchObject({ status: "SUSPENDED", held: true, fence: run.fence + 1 });
  await firstReleaseActs(run);
  expect(await stateOf(run.id)).toEqual(before);
  await resumeRun(executor, run.id);
  await letGo(executor, run.id, run.fence, "owner");
  await promoteDue(executor, 10);
  expect((await claimed()).id).toBe(run.id);
});

test("a run taken from its owner goes on when the owner lets go, or else when its lease ends", async () => {
  await queued();
  const run = await claimed();
  await holdRun(executor, run.id);
  await resumeRun(executor, run.id);
  await promoteDue(executor, 10);
  expect(await stateOf(run.id)).toMatchObject({ waiting: "time", held: false });
  await letGo(executor, run.id, run.fence, "somebody-else");
  await promoteDue(executor, 10);
  expect(await stateOf(run.id)).toMatchObject({ waiting: "time" });
  await pool.query("update wf_run set visible_from = now() - interval '1 ms', locked_until = visible_from");
  await promoteDue(executor, 10);
  const again = await claimed();
  expect(again.fence).toBe(run.fence + 2);
  await letGo(executor, run.id, run.fence, "owner");
  expect(await stateOf(run.id)).toMatchObject({ status: "RUNNING" });
});

test("a run held before its time waits for the rest of it; held twice it still knows the first time", async () => {
  const id = await queued({ delayMs: 60_000 });
  await holdRun(executor, id);
  await holdRun(executor, id);
  await resumeRun(executor, id);
  await promoteDue(executor, 10);
  expect(await stateOf(id)).toMatchObject({ status: "CREATED", waiting: "time", held: false });
  const { rows } = await pool.query("select visible_from > now() + interval '50 s' as later from wf_run");
  expect(rows).toEqual([{ later: true }]);
});

/** Begins `steer` while `first` is done but not committed, and commits once it waits. */
async function whileUncommitted<T>(first: (tx: SqlExecutor) => Promise<unknown>, steer: () => Promise<T>): Promise<T> {
  const pending = await transaction(async (tx) => {
    await first(tx);
    const started = { result: steer() };
    await until("it waits", async () => {
      const { rows } = await pool.query(
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      return rows.length > 0;
    });
    return started;
  });
  return pending.result;
}

function spawn(parent: ClaimedRun, childId: string, tx: SqlExecutor): Promise<unknown> {
  const fields = {
    stepName: "c",
    kind: "workflow",
    name: "w",
    queue: "default",
    inputJson: null,
    priority: null,
  } as const;
  const more = {
    concurrencyKey: null,
    instanceId: null,
    labelsJson: null,
    delayMs: 0,
    retryJson: null,
    timeoutMs: null,
  };
  return spawnRuns(tx, [{ runId: parent.id, fence: parent.fence, childId, ...fields, ...more }]);
}

test("a child that is being started in the same moment is cancelled with its parent", async () => {
  await queued();
  const parent = await claimed();
  const childId = randomUUID();
  expect(
    await whileUncommitted(
      (tx) => spawn(parent, childId, tx),
      () => cancelRun(executor, parent.id),
    ),
  ).toBe(true);
  expect(await stateOf(childId)).toMatchObject({ status: "CANCELLED" });
});

test("a child that is being started in the same moment is held with its parent, and none is started later", async () => {
  await queued();
  const parent = await claimed();
  const childId = randomUUID();
  await whileUncommitted(
    (tx) => spawn(parent, childId, tx),
    () => holdRun(executor, parent.id),
  );
  expect(await stateOf(childId)).toMatchObject({ status: "CREATED", held: true });
  expect(await spawn(parent, randomUUID(), executor)).toEqual(["lost"]);
});

test("a claim that is half way cannot lock, and so not park anything behind, a run that is being held", async () => {
  const blocker = await queued({ key: "k" });
  const held = await whileUncommitted(
    (claim) => claim.query("select 1 from wf_queue for no key update"),
    async () => {
      const holding = holdRun(executor, blocker);
      await until("it has locked the run", async () => {
        const { rows } = await pool.query("select id from wf_run for no key update skip locked");
        return rows.length === 0;
      });
      return holding;
    },
  );
  expect(held).toBe(true);
});
