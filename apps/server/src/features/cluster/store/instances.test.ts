import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { insertInstance, listInstances, markGone, writeBeat } from "./instances.ts";

const INSTANCES = 8;
/** About as many beats as autovacuum lets come together: the table's threshold is 100. */
const BEATS_PER_ROUND = 12;
const ROUNDS = 24;
/** Share of the room all versions of the rows would take: three rounds whose dead rows nobody could remove. Usual is a twentieth. */
const MOST_OF_ALL_VERSIONS = 1 / 8;
/** Share of beats that touch no index. The others find their page full. Usual is nine tenths; with an index on a column of theirs none. */
const LEAST_HOT = 1 / 2;

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());
beforeEach(() => server.database.executor.query("delete from cluster_instance"));

const queues = Array.from({ length: 9 }, (_, index) => `activity:a-queue-with-a-long-name-${index}`);

async function join(id: string): Promise<void> {
  const instance = {
    id,
    version: "1.0.0",
    build: "b".repeat(36),
    profile: undefined,
    host: "host",
    roles: ["api", "worker"],
  };
  await server.database.transaction((tx) =>
    insertInstance(tx, { ...instance, queues, intervalMs: 10_000, lapseMs: 60_000, gateEpoch: 0 }),
  );
}

function beat(id: string): Promise<boolean> {
  const detail = { apiPort: 8080, eventLoopLagMs: 3 };
  return server.database.transaction((tx) =>
    writeBeat(tx, id, { state: "ready", leader: false, inFlight: 2, gateEpoch: 0, detail }),
  );
}

async function figure(expression: string): Promise<number> {
  const { rows } = await server.database.executor.query<{ figure: number }>(`select (${expression})::float8 as figure`);
  return rows[0]?.figure ?? 0;
}

/** Until nothing dead is left: a snapshot of another process, as of an automatic ANALYZE, keeps rows from one attempt only. */
async function vacuum(): Promise<void> {
  const attempt = async () => {
    await server.database.executor.query("vacuum cluster_instance");
    const text = "select n_dead_tup::int as dead from pg_stat_user_tables where relname = 'cluster_instance'";
    return (await server.database.executor.query<{ dead: number }>(text)).rows[0]?.dead;
  };
  await expect.poll(attempt, { timeout: 60_000 }).toBe(0);
}

test("beats do not grow the table, as long as autovacuum keeps to the table's threshold", async () => {
  const ids = Array.from({ length: INSTANCES }, (_, index) => `host-${index}`);
  for (const id of ids) await join(id);
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // One after the other: several that need a page at once get twenty spare ones each, which says nothing of reuse.
    for (let count = 0; count < BEATS_PER_ROUND; count++) for (const id of ids) await beat(id);
    await vacuum();
    sizes.push(await figure("pg_total_relation_size('cluster_instance')"));
  }
  const row = await figure("(select avg(pg_column_size(i)) from cluster_instance i)");
  const allVersions = INSTANCES * BEATS_PER_ROUND * ROUNDS * row;
  const share = Math.max(...sizes) / allVersions;
  expect(share, `bytes: ${sizes.join(", ")} of ${allVersions}`).toBeLessThan(MOST_OF_ALL_VERSIONS);
  const counted = (column: string) =>
    figure(`(select ${column} from pg_stat_user_tables where relname = 'cluster_instance')`);
  const beats = INSTANCES * BEATS_PER_ROUND * ROUNDS;
  await expect.poll(() => counted("n_tup_upd"), { timeout: 60_000 }).toBeGreaterThanOrEqual(beats);
  expect((await counted("n_tup_hot_upd")) / (await counted("n_tup_upd"))).toBeGreaterThan(LEAST_HOT);
});

test("who beat since it was seen is not marked, and who is marked beats no more", async () => {
  await join("a");
  await join("b");
  const seen = (await listInstances(server.database.db)).map(({ id, heartbeats }) => ({ id, heartbeats }));
  expect(await beat("a")).toBe(true);
  expect(await server.database.transaction((tx) => markGone(tx, seen, "c"))).toEqual(["b"]);
  expect(await beat("b")).toBe(false);
  expect(await beat("a")).toBe(true);
  expect(await server.database.transaction((tx) => markGone(tx, seen, "c"))).toEqual([]);
  const [a, b] = await listInstances(server.database.db);
  expect([a?.state, a?.goneForMs]).toEqual(["ready", null]);
  expect([b?.state, b?.goneBy]).toEqual(["gone", "c"]);
});
