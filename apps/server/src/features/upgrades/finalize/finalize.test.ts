import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { JoinRefusedError, readClusterState } from "../../cluster/index.ts";
import { listOpenGates } from "../store/gates.ts";
import {
  beginTrial,
  TRIAL_BACKFILL,
  trialDatabase,
  trialFinalize,
  trialMember,
  trialMigrations,
} from "../testing/trial-upgrade.ts";
import { wouldFinalize } from "./begin.ts";
import { finalizeUpgrade } from "./finalize.ts";
import type { OwnedComponent } from "./owned-schema.ts";

let server: TestServer;
let component: OwnedComponent;
const undo: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  server = await testServer();
  const trial = await trialMigrations(server.databaseUrl);
  component = trial.component;
  return trial.remove;
});
afterAll(() => server?.close());
beforeEach(() => beginTrial(server.database.executor, component));
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function instance(id: string, version?: string) {
  const database = trialDatabase(server.databaseUrl);
  undo.push(() => database.close());
  const member = trialMember(database, id, version);
  await member.membership.join();
  undo.push(() => member.membership.leave());
  return member;
}
const finalize = (changes = {}) => finalizeUpgrade({ ...trialFinalize(server.database, component), ...changes });
const state = () => readClusterState(server.database.db);
const query = async <R extends object>(text: string) => (await server.database.executor.query<R>(text)).rows;
const columns = async () =>
  (
    await query<{ name: string }>(
      "select attname as name from pg_attribute where attrelid = 'trial'::regclass and attnum > 0 and not attisdropped order by 1",
    )
  ).map(({ name }) => name);

describe("finalizing", () => {
  test("ends the way back, sees the backfill through, opens the target's gates, contracts, and closes the window", async () => {
    const [a, b] = [await instance("a"), await instance("b")];
    expect(a.gates.isOpen("trial-shape")).toBe(false);
    const seen: string[] = [];
    const result = await finalize({
      onStep: async (progress: { step: string; state: string }) => {
        seen.push(`${progress.step} ${progress.state}`);
        if (progress.step === "contract" && progress.state === "begun") {
          expect([a.gates.isOpen("trial-shape"), b.gates.isOpen("trial-shape")]).toEqual([true, true]);
          expect(await TRIAL_BACKFILL.remaining(server.database.db)).toBe(0);
          expect(await columns()).toContain("old");
        }
      },
    });
    expect(result).toEqual({ outcome: "finalized", version: "1.1.0" });
    const steps = ["acknowledge-joins", "verify-backfills", "acknowledge-gates", "contract"];
    expect(seen).toEqual(steps.flatMap((step) => [`${step} begun`, `${step} worked`, `${step} passed`]));
    expect(await state()).toMatchObject({
      minJoinVersion: "1.1.0",
      finalizedVersion: "1.1.0",
      targetVersion: null,
      windowOpenedAt: null,
      finalizeStep: null,
      epoch: 6,
      changedBy: "trial",
    });
    expect((await listOpenGates(server.database.db)).map(({ name }) => name)).toEqual(["trial-shape"]);
    expect(a.gates.isOpen("later")).toBe(false);
    expect(await columns()).toEqual(["id", "new"]);
    await expect(instance("old", "1.0.0")).rejects.toThrow(JoinRefusedError);
    expect(await finalize()).toEqual({ outcome: "nothing-to-do", version: "1.1.0" });
  });

  test("needs no instance to be alive", async () => {
    expect(await finalize()).toMatchObject({ outcome: "finalized" });
  });

  test("by two processes at once does everything once", async () => {
    await instance("a");
    const other = trialFinalize(server.database, component, "other");
    const results = await Promise.all([finalize(), finalizeUpgrade(other), finalize()]);
    expect(results.filter(({ outcome }) => outcome === "refused")).toEqual([]);
    expect(await state()).toMatchObject({ finalizedVersion: "1.1.0", epoch: 6, finalizeStep: null });
    expect(await columns()).toEqual(["id", "new"]);
  });

  test("of a new installation that was interrupted before its contract migrations sees these through", async () => {
    await query("update cluster_state set finalized_version = '1.1.0', target_version = null, window_opened_at = null");
    expect(await finalize()).toMatchObject({ outcome: "finalized" });
    expect(await columns()).toEqual(["id", "new"]);
  });
});

describe("finalizing is refused, and nothing is changed,", () => {
  async function refusedFor(changes = {}) {
    const before = { ...(await state()), readAt: 0, windowAgeMs: 0 };
    const foreseen = await wouldFinalize({ ...trialFinalize(server.database, component), ...changes });
    const result = await finalize(changes);
    expect({ ...(await state()), readAt: 0, windowAgeMs: 0 }).toEqual(before);
    if (result.outcome !== "refused") throw new Error(`it was ${result.outcome}`);
    expect(foreseen).toEqual(result.reasons);
    for (const { cure } of result.reasons) expect(cure).not.toBe("");
    return result.reasons.map(({ code, message }) => `${code}: ${message}`);
  }

  test("while an older instance lives, a silent one too; each is named", async () => {
    await instance("old-1", "1.0.0");
    await query(`insert into cluster_instance (id, version, build, host, roles, queues, state, heartbeat_interval_ms,
      heartbeat_lapse_ms, heartbeat_at) values ('old-2', '1.0.0', 'b', 'h', '{}', '{}', 'ready', 100, 600, now() - interval '1 day')`);
    expect(await refusedFor()).toEqual([
      "older-instance: the instance old-1 still runs version 1.0.0",
      "older-instance: the instance old-2 still runs version 1.0.0",
    ]);
  });

  test("while a backfill is unfinished, or was never begun", async () => {
    await query("update backfill set status = 'PAUSED', finished_at = null");
    expect(await refusedFor()).toEqual(["backfill-unfinished: the backfill trial-shape is not finished (PAUSED)"]);
    await query("delete from backfill");
    expect(await refusedFor()).toEqual(["backfill-unfinished: the backfill trial-shape is not finished (not begun)"]);
  });

  test("by a program of another version", async () => {
    expect(await refusedFor({ version: "1.0.0" })).toEqual([
      "other-build: the cluster is on its way to 1.1.0, and this program is 1.0.0",
    ]);
  });

  test("while expand migrations of this version are pending", async () => {
    await query("delete from evertrack_schema_migration where component = 'trial'");
    expect(await refusedFor()).toEqual([expect.stringMatching(/^expand-pending: .*trial\/202701010000__create_trial/)]);
  });

  test("by a role that does not own the tables, when something is to be taken away", async () => {
    const name = `trial_${crypto.randomUUID().slice(0, 8)}`;
    await query(`create role ${name} login password 'x'`);
    undo.push(() => query(`drop role ${name}`));
    const url = new URL(component.connectionString);
    url.username = name;
    url.password = "x";
    const runtime = { ...component, connectionString: url.href };
    expect(await refusedFor({ components: [runtime] })).toEqual([
      "no-rights: the data source of the trial migrations may not change its tables",
    ]);
  });
});

describe("once begun, finalizing stops where it has to wait for too long, and goes on from there,", () => {
  test("for an instance that does not acknowledge", async () => {
    await query(`insert into cluster_instance (id, version, build, host, roles, queues, state, heartbeat_interval_ms,
      heartbeat_lapse_ms) values ('stuck', '1.1.0', 'b', 'h', '{}', '{}', 'ready', 10000, 60000)`);
    expect(await finalize({ waitMaxMs: 10 })).toMatchObject({
      outcome: "refused",
      reasons: [{ code: "not-acknowledged", message: expect.stringMatching(/^stuck did not acknowledge epoch 5/) }],
    });
    expect(await state()).toMatchObject({ finalizeStep: "acknowledge-joins", minJoinVersion: "1.1.0", epoch: 5 });
    await query("delete from cluster_instance");
    expect(await finalize()).toMatchObject({ outcome: "finalized" });
  });

  test("and removes one that is dead, though no member is left to do so", async () => {
    await query(`insert into cluster_instance (id, version, build, host, roles, queues, state, heartbeat_interval_ms,
      heartbeat_lapse_ms) values ('dead', '1.1.0', 'b', 'h', '{}', '{}', 'ready', 100, 600)`);
    expect(await finalize()).toMatchObject({ outcome: "finalized" });
    expect(await query("select state, gone_by from cluster_instance")).toEqual([{ state: "gone", gone_by: "trial" }]);
  });

  test("for a run that remembers the gate as closed", async () => {
    const runId = crypto.randomUUID();
    await query(
      `insert into wf_run (id, root_id, kind, name, queue) values ('${runId}', '${runId}', 'workflow', 'w', 'default')`,
    );
    await query(
      `insert into wf_step (run_id, name, output, fence) values ('${runId}', 'gate:trial-shape', 'false', 1)`,
    );
    expect(await finalize({ waitMaxMs: 10 })).toMatchObject({
      outcome: "refused",
      reasons: [{ code: "runs-behind-gate" }],
    });
    expect(await columns()).toContain("old");
    await query("update wf_run set status = 'COMPLETED', finished_at = now()");
    expect(await finalize()).toMatchObject({ outcome: "finalized" });
  });

  test("for rows that come back in the old shape", async () => {
    const endless = { ...TRIAL_BACKFILL, batch: async () => ({ cursor: null, rows: 0 }) };
    const result = await finalize({ backfills: [endless] });
    expect(result).toMatchObject({
      reasons: [{ code: "backfill-unfinished", message: expect.stringMatching(/not verified, 5 rows are left/) }],
    });
    expect(await listOpenGates(server.database.db)).toEqual([]);
    expect(await finalize()).toMatchObject({ outcome: "finalized" });
  });
});
