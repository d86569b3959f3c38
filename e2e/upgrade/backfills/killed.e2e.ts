import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { expect, test } from "vitest";
import { Random } from "../../harness/random.ts";
import { ServerProcess } from "../../harness/server-process.ts";
import { createTrialRows, TRIAL_BACKFILL, trialBackfillBuild } from "../../harness/trial-backfill.ts";
import { until } from "../../harness/until.ts";

const ROWS = 30_000;
const KILLS = 4;
/** Of a claimed run whose owner was killed. */
const LEASE_MS = 2_000;
const ENVIRONMENT = {
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: String(LEASE_MS),
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: String(LEASE_MS),
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "500",
  DT_TASK_BACKFILL_START_CRON: "* * * * * *",
  // So slow that it goes on until the last kill: five minutes, however long the others take to start.
  DT_UPGRADE_BACKFILL_ROWS_PER_SECOND: "100",
};
const SOON_MS = 180_000;
/** A kill comes at any moment of several batches. */
const KILL_DELAY_MAX_MS = 1_500;

test("instances killed in the middle of a backfill, again and again: the others go on, and no row is done twice or left out", async () => {
  const seed = Number(process.env.SEED ?? 20_261_123);
  console.log(`seed ${seed} (SEED)`);
  const random = new Random(seed);
  const database = await testDatabase();
  const directory = mkdtempSync(join(tmpdir(), "evertrack-backfill-"));
  const client = new pg.Client(database.url);
  const running: ServerProcess[] = [];
  try {
    await client.connect();
    await createTrialRows(client, ROWS);
    const build = await trialBackfillBuild();
    const start = () =>
      ServerProcess.start({ databaseUrl: database.url, dataDirectory: directory, environment: ENVIRONMENT, build });
    running.push(await start(), await start());
    for (let kill = 0; kill < KILLS; kill++) {
      await killSomeone(client, running, random);
      running.push(await start());
    }
    await client.query("update backfill set rate_rows_per_s = 100000");
    await until("the backfill is done", SOON_MS, async () => (await stateOf(client)).status === "DONE");
    const { rows } = await client.query("select times, count(*)::int as rows from backfill_trial group by 1");
    expect(rows).toEqual([{ times: 1, rows: ROWS }]);
    expect(await stateOf(client)).toEqual({ status: "DONE", done: ROWS });
  } finally {
    await Promise.all(running.map((server) => server.kill()));
    await client.end();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  }
});

/** SIGKILL to one of them, at a moment when the backfill goes on. */
async function killSomeone(client: pg.Client, running: ServerProcess[], random: Random): Promise<void> {
  const before = (await stateOf(client)).done;
  await until("the backfill goes on", SOON_MS, async () => (await stateOf(client)).done > before);
  await delay(random.between(0, KILL_DELAY_MAX_MS));
  const [victim] = running.splice(random.between(0, running.length - 1), 1);
  const { status, done } = await stateOf(client);
  expect(status, `killed before it ended, at ${done} rows`).toBe("RUNNING");
  await victim?.kill();
}

async function stateOf(client: pg.Client): Promise<{ status: string; done: number }> {
  const { rows } = await client.query<{ status: string; done: number }>(
    "select status, rows_done::int as done from backfill where name = $1",
    [TRIAL_BACKFILL],
  );
  return rows[0] ?? { status: "none", done: 0 };
}
