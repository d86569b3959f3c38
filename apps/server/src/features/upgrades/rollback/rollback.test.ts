import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { readClusterState } from "../../cluster/index.ts";
import { finalizeUpgrade } from "../finalize/finalize.ts";
import type { OwnedComponent } from "../finalize/owned-schema.ts";
import { beginTrial, TRIAL_BACKFILL, trialFinalize, trialMigrations } from "../testing/trial-upgrade.ts";
import { type RollbackDeps, rollbackUpgrade } from "./rollback.ts";

let server: TestServer;
let component: OwnedComponent;
beforeAll(async () => {
  server = await testServer();
  const trial = await trialMigrations(server.databaseUrl);
  component = trial.component;
  return trial.remove;
});
afterAll(() => server?.close());
beforeEach(() => beginTrial(server.database.executor, component));

const query = (text: string, values: unknown[] = []) =>
  server.database.executor.query<{ status: string }>(text, values);
const state = () => readClusterState(server.database.db);
const rollBack = (changes: Partial<RollbackDeps> = {}) =>
  rollbackUpgrade({
    database: server.database,
    client: server.engine.client,
    log: server.log,
    version: "1.1.0",
    by: "operator",
    workflowsOf: (version) => (version === "1.0.0" ? ["import-bom"] : undefined),
    ...changes,
  });

async function instance(id: string, version: string, roles: string[]): Promise<void> {
  await query(
    `insert into cluster_instance (id, version, build, host, roles, queues, state, heartbeat_interval_ms, heartbeat_lapse_ms)
     values ($1, $2, 'b', 'h', $3, '{}', 'ready', 10000, 60000)`,
    [id, version, roles],
  );
}

async function run(name: string, status = "CREATED"): Promise<void> {
  const finished = status === "COMPLETED" ? "now()" : "null";
  await query(
    `insert into wf_run (id, root_id, kind, name, queue, status, finished_at)
     select id, id, 'workflow', $1, 'default', $2, ${finished} from (select gen_random_uuid() as id) as new`,
    [name, status],
  );
}

test("taking an upgrade back closes its window, holds its backfills, and names who is to be replaced, webs first", async () => {
  await instance("worker-1", "1.1.0", ["api", "worker"]);
  await instance("web-1", "1.1.0", ["api"]);
  await instance("web-2", "1.0.0", ["api"]);
  await query("update backfill set status = 'PENDING', finished_at = null");
  await run("import-bom");
  await run("new-workflow", "COMPLETED");
  expect(await rollBack()).toEqual({
    outcome: "rolled-back",
    version: "1.0.0",
    from: "1.1.0",
    pausedBackfills: [TRIAL_BACKFILL.name],
    order: [
      { id: "web-1", version: "1.1.0", isWeb: true },
      { id: "worker-1", version: "1.1.0", isWeb: false },
    ],
  });
  expect(await state()).toMatchObject({
    minJoinVersion: "1.0.0",
    finalizedVersion: "1.0.0",
    targetVersion: null,
    windowOpenedAt: null,
    changedBy: "operator",
  });
  expect((await query("select status from backfill")).rows).toEqual([{ status: "PAUSED" }]);
  expect(await rollBack()).toEqual({ outcome: "nothing-to-do" });
});

test("is refused while runs have not ended that the version before does not know; nothing is changed", async () => {
  await query("update backfill set status = 'PENDING', finished_at = null");
  await run("new-workflow");
  await run("new-workflow", "SUSPENDED");
  await run("import-bom");
  expect(await rollBack()).toMatchObject({
    outcome: "refused",
    reasons: [{ code: "unknown-runs", message: expect.stringMatching(/^2 runs of new-workflow .* 1\.0\.0/) }],
  });
  expect(await state()).toMatchObject({ targetVersion: "1.1.0" });
  expect((await query("select status from backfill")).rows).toEqual([{ status: "PENDING" }]);
});

test("ends the run of a backfill, which the version before would not know", async () => {
  await run(`backfill:${TRIAL_BACKFILL.name}`, "SUSPENDED");
  await query("update backfill set status = 'RUNNING', finished_at = null, run_id = (select id from wf_run)");
  expect(await rollBack()).toMatchObject({ outcome: "rolled-back" });
  expect((await query("select status from wf_run")).rows).toEqual([{ status: "CANCELLED" }]);
});

test("is refused from the first step of finalizing on", async () => {
  await finalizeUpgrade({
    ...trialFinalize(server.database, component),
    onStep: async ({ step, state: at }) => {
      if (step !== "acknowledge-joins" || at !== "begun") return;
      expect(await rollBack()).toMatchObject({ outcome: "refused", reasons: [{ code: "finalize-begun" }] });
    },
  });
  expect(await rollBack()).toEqual({ outcome: "nothing-to-do" });
});

test("is refused by a program that does not know what the version before knows", async () => {
  expect(await rollBack({ workflowsOf: () => undefined })).toMatchObject({
    outcome: "refused",
    reasons: [{ code: "unknown-release" }],
  });
});
