import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { engineTestDatabase, openTestPool } from "../testing/index.ts";
import { promoteDue } from "./claim.ts";
import { pgEngineDatabase } from "./database.ts";
import { sweepExpiredRuns } from "./leases.ts";

const TAKE_OVERS_MAX = 3;
const database = await engineTestDatabase();
const pool = openTestPool(database.url);
const { executor } = pgEngineDatabase(pool);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query("truncate wf_run, wf_attempt");
});

interface Member {
  readonly id: string;
  readonly rootId: string;
}

/** A run that `owner` was executing when it died. */
async function running(
  owner: string,
  fields: { parent?: Member; kind?: string; takeOvers?: number; key?: string; expired?: boolean } = {},
): Promise<Member> {
  const id = randomUUID();
  const rootId = fields.parent?.rootId ?? id;
  await pool.query(
    `insert into wf_run (id, root_id, parent_id, kind, name, queue, status, fence, locked_by, take_overs, concurrency_key, locked_until)
     values ($1, $2, $3, $4, 'w', 'default', 'RUNNING', 1, $5, $6, $7, now() + $8 * interval '1 second')`,
    [
      id,
      rootId,
      fields.parent?.id ?? null,
      fields.kind ?? "workflow",
      owner,
      fields.takeOvers ?? 0,
      fields.key ?? null,
      fields.expired === false ? 60 : -1,
    ],
  );
  return { id, rootId };
}

function activityOf(parent: Member, owner: string, takeOvers = 0): Promise<Member> {
  return running(owner, { parent, kind: "activity", takeOvers });
}

function sweep(limit = 100): Promise<{ freed: number; failed: number }> {
  return sweepExpiredRuns(executor, limit, TAKE_OVERS_MAX);
}

async function stateOf({ id }: Member): Promise<{ status: string; takeOvers: number; waiting: string | null }> {
  const { rows } = await pool.query(`select status, take_overs as "takeOvers", waiting from wf_run where id = $1`, [
    id,
  ]);
  return rows[0];
}

test("a crash is blamed on the activity, not on the workflow that ran beside it in the same process", async () => {
  const workflow = await running("dead", { takeOvers: TAKE_OVERS_MAX });
  const activity = await activityOf(workflow, "dead", TAKE_OVERS_MAX);
  expect(await sweep()).toEqual({ freed: 1, failed: 1 });
  expect(await stateOf(activity)).toMatchObject({ status: "FAILED" });
  expect(await stateOf(workflow)).toEqual({ status: "SUSPENDED", takeOvers: TAKE_OVERS_MAX, waiting: null });
});

test("a crash is blamed on the lowest of nested workflows", async () => {
  const root = await running("dead");
  const middle = await running("dead", { parent: root });
  const leaf = await running("dead", { parent: middle });
  await sweep();
  expect([await stateOf(root), await stateOf(middle), await stateOf(leaf)].map((run) => run.takeOvers)).toEqual([
    0, 0, 1,
  ]);
});

test("the activity taken back by an earlier sweep still takes the blame off its workflow", async () => {
  const workflow = await running("dead", { expired: false });
  await activityOf(workflow, "dead");
  await sweep();
  await pool.query("update wf_run set locked_until = now() - interval '1 second' where id = $1", [workflow.id]);
  await sweep();
  expect(await stateOf(workflow)).toEqual({ status: "SUSPENDED", takeOvers: 0, waiting: null });
});

test("a workflow alone in its process is blamed, whatever runs below it elsewhere or beside it", async () => {
  const alone = await running("dead", { takeOvers: TAKE_OVERS_MAX });
  await activityOf(alone, "alive");
  await pool.query("update wf_run set locked_until = now() + interval '1 minute' where kind = 'activity'");
  const parent = await running("alive", { expired: false });
  const sibling = await running("dead", { parent });
  await activityOf(parent, "dead");
  await sweep();
  expect(await stateOf(alone)).toMatchObject({ status: "FAILED" });
  expect(await stateOf(sibling)).toMatchObject({ takeOvers: 1 });
});

test("the first take-over goes on at once, later suspects wait for different times so that they do not meet again", async () => {
  const first = await running("dead");
  const suspects = [];
  for (let n = 0; n < 8; n++) suspects.push(await running("dead", { takeOvers: 1 }));
  expect(await sweep()).toEqual({ freed: 9, failed: 0 });
  expect(await stateOf(first)).toMatchObject({ waiting: null });
  const { rows } = await pool.query<{ waiting: string; at: string }>(
    "select waiting, visible_from::text as at from wf_run where id = any($1)",
    [suspects.map(({ id }) => id)],
  );
  expect(rows.every((row) => row.waiting === "time")).toBe(true);
  expect(new Set(rows.map((row) => row.at)).size).toBe(8);
  await pool.query("select pg_sleep(2)");
  expect((await promoteDue(executor, 100)).promoted).toBe(8);
});

test("a run given up gives its key and its parent's turn back", async () => {
  const parent = await running("alive", { expired: false });
  await pool.query(
    "update wf_run set status = 'SUSPENDED', waiting = 'event', visible_from = 'infinity', awaiting = 1",
  );
  const child = await running("dead", { parent, takeOvers: TAKE_OVERS_MAX, key: "k" });
  const next = await running("nobody");
  await pool.query("update wf_run set status = 'CREATED', waiting = 'key', concurrency_key = 'k' where id = $1", [
    next.id,
  ]);
  expect(await sweep()).toEqual({ freed: 0, failed: 1 });
  expect([await stateOf(child), await stateOf(parent), await stateOf(next)]).toMatchObject([
    { status: "FAILED" },
    { status: "SUSPENDED", waiting: null },
    { status: "CREATED", waiting: null },
  ]);
});
