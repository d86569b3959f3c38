import { afterAll, expect, test } from "vitest";
import { engineTestDatabase, openTestPool } from "../testing/index.ts";
import { activeAmong } from "./active-among.ts";
import { pgEngineDatabase } from "./database.ts";
import { insertRun } from "./insert-run.ts";

const database = await engineTestDatabase();
const pool = openTestPool(database.url, 2);
const { executor } = pgEngineDatabase(pool);
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function runWith(status: string): Promise<string> {
  const id = crypto.randomUUID();
  const run = { id, name: "any", queue: "default", input: null, priority: 0, concurrencyKey: null, instanceId: null };
  await insertRun(executor, { ...run, labels: null, delayMs: 0 });
  await pool.query("update wf_run set status = $2 where id = $1", [id, status]);
  return id;
}

test("of the named runs those are active that exist and have not ended", async () => {
  const active = await Promise.all(["CREATED", "RUNNING", "SUSPENDED"].map(runWith));
  const ended = await Promise.all(["COMPLETED", "FAILED", "CANCELLED"].map(runWith));
  await runWith("CREATED");
  expect((await activeAmong(executor, [...active, ...ended, crypto.randomUUID()])).sort()).toEqual(active.sort());
  expect(await activeAmong(executor, [])).toEqual([]);
});
