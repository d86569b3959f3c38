import { rollbackResponse, upgradeResponse } from "@evertrack/contract/v2/upgrade";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { loadManifest } from "../../manifest/load-manifest.ts";

const PATH = "/api/v2/internal/upgrade";
const { version: VERSION, migrations } = loadManifest();
/** A new test database has every expand migration; what is left are the contracts of this build, if it has any. */
const CONTRACTS = migrations.flatMap(({ component, id, phase }) =>
  phase === "contract" ? [{ component, id, phase }] : [],
);

let server: TestServer;
let key = "";
beforeAll(async () => {
  server = await testServer();
  ({ key } = await server.keyWith(["SYSTEM_CONFIGURATION"]));
});
afterAll(() => server?.close());
beforeEach(async () => {
  await query("delete from cluster_instance");
  await query(
    `update cluster_state set min_join_version = '0.0.1', finalized_version = '0.0.1', target_version = $1,
       window_opened_at = now() - interval '1 hour', finalize_step = null, epoch = 2`,
    [VERSION],
  );
});

const query = (text: string, values: unknown[] = []) => server.database.executor.query(text, values);
const instance = (id: string, version: string) =>
  query(
    `insert into cluster_instance (id, version, build, host, roles, queues, state, heartbeat_interval_ms, heartbeat_lapse_ms, gate_epoch)
     values ($1, $2, 'b', 'h', '{api,worker}', '{}', 'ready', 10000, 60000, 2)`,
    [id, version],
  );
const read = async () => upgradeResponse.strict().parse((await server.request("GET", PATH, { key })).json());

test("tells versions, instances, migrations, and what is in the way of finalizing, with its cure", async () => {
  await instance("old-1", "0.0.1");
  const upgrade = await read();
  expect(upgrade).toMatchObject({
    version: VERSION,
    state: "OPEN",
    finalized_version: "0.0.1",
    target_version: VERSION,
    min_join_version: "0.0.1",
    epoch: 2,
    instances: [{ id: "old-1", version: "0.0.1", state: "READY", acknowledged: true }],
    backfills: [],
    migrations: { pending: CONTRACTS },
    guards: [{ code: "older-instance", message: "the instance old-1 still runs version 0.0.1" }],
  });
  expect(upgrade.conditions?.map(({ code, verdict }) => [code, verdict])).toEqual([
    ["other-build", "MET"],
    ["older-instance", "NOT_YET"],
    ["backfill-unfinished", "MET"],
    ["expand-pending", "MET"],
    ["no-rights", "MET"],
  ]);
  expect(upgrade.conditions?.[1]).toEqual({ ...upgrade.guards[0], verdict: "NOT_YET" });
  expect(upgrade.window_age_ms).toBeGreaterThanOrEqual(3_600_000);
  expect(upgrade.migrations.applied).toBeGreaterThan(20);
});

test("finalizing answers 409 with the reasons, or goes on in the background until the window is closed", async () => {
  await instance("old-1", "0.0.1");
  const refused = await server.request("POST", `${PATH}/finalize`, { key });
  expect(refused.statusCode).toBe(409);
  expect(refused.json()).toMatchObject({ type: "/problems/upgrade-refused", reasons: [{ code: "older-instance" }] });
  expect((await read()).state).toBe("OPEN");
  await query("delete from cluster_instance");
  const begun = await server.request("POST", `${PATH}/finalize`, { key });
  expect(begun.statusCode).toBe(202);
  expect(upgradeResponse.strict().parse(begun.json()).min_join_version).toBe(VERSION);
  await expect.poll(async () => (await read()).state, { timeout: 60_000 }).toBe("NONE");
  expect(await read()).toMatchObject({
    finalized_version: VERSION,
    epoch: 4,
    guards: [],
    conditions: [],
    migrations: { applied: migrations.length, pending: [] },
  });
  const again = await server.request("POST", `${PATH}/finalize`, { key });
  expect([again.statusCode, again.json().state]).toEqual([200, "NONE"]);
});

test("a program of another version says that it may not judge; while it is finalized, who has not acknowledged is named", async () => {
  await query("update cluster_state set target_version = '99.0.0'");
  expect((await read()).conditions).toMatchObject([{ code: "other-build", verdict: "REFUSED" }]);
  await query("update cluster_state set target_version = $1, finalize_step = 'acknowledge-joins', epoch = 3", [
    VERSION,
  ]);
  expect((await read()).conditions).toMatchObject([{ code: "not-acknowledged", verdict: "MET" }]);
  await instance("slow-1", VERSION);
  const waiting = await read();
  expect(waiting).toMatchObject({ state: "FINALIZING", guards: [] });
  expect(waiting.conditions).toMatchObject([
    { code: "not-acknowledged", verdict: "NOT_YET", message: "slow-1 has not acknowledged epoch 3" },
  ]);
});

test("rolling back needs an upgrade that is going on and a version this build knows", async () => {
  const unknown = await server.request("POST", `${PATH}/rollback`, { key });
  expect(unknown.statusCode).toBe(409);
  expect(unknown.json()).toMatchObject({ reasons: [{ code: "unknown-release" }] });
  await query("update cluster_state set finalized_version = $1, target_version = '99.0.0'", [VERSION]);
  await instance("new-1", "99.0.0");
  const answer = await server.request("POST", `${PATH}/rollback`, { key });
  expect(rollbackResponse.strict().parse(answer.json())).toEqual({
    version: VERSION,
    from: "99.0.0",
    paused_backfills: [],
    order: [{ id: "new-1", version: "99.0.0", role: "WORKER" }],
  });
  expect((await read()).state).toBe("NONE");
  expect((await server.request("POST", `${PATH}/rollback`, { key })).statusCode).toBe(409);
});

test("needs a principal that may see, or change, the system's configuration", async () => {
  const { key: reader } = await server.keyWith(["SYSTEM_CONFIGURATION_READ"]);
  expect((await server.request("GET", PATH)).statusCode).toBe(401);
  expect((await server.request("GET", PATH, { key: reader })).statusCode).toBe(200);
  for (const what of ["finalize", "rollback"]) {
    expect((await server.request("POST", `${PATH}/${what}`)).statusCode).toBe(401);
    expect((await server.request("POST", `${PATH}/${what}`, { key: reader })).statusCode).toBe(403);
  }
  const { key: other } = await server.keyWith(["VIEW_PORTFOLIO"]);
  expect((await server.request("GET", PATH, { key: other })).statusCode).toBe(403);
});
