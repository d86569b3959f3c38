import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { insertInstance, listInstances, markGone, writeBeat } from "./instances.ts";

const INSTANCES = 8;
/** About as many beats as autovacuum lets come together: the table's threshold is 100. */
const BEATS_PER_ROUND = 12;
const ROUNDS = 8;

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
  return server.database.transaction((tx) => writeBeat(tx, id, { state: "ready", leader: false, inFlight: 2, detail }));
}

async function pages(): Promise<number> {
  const text = "select (pg_total_relation_size('cluster_instance') / current_setting('block_size')::int)::int as pages";
  const { rows } = await server.database.executor.query<{ pages: number }>(text);
  return rows[0]?.pages ?? 0;
}

test("beats do not grow the table, as long as autovacuum keeps to the table's threshold", async () => {
  const ids = Array.from({ length: INSTANCES }, (_, index) => `host-${index}`);
  for (const id of ids) await join(id);
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let count = 0; count < BEATS_PER_ROUND; count++) await Promise.all(ids.map((id) => beat(id)));
    await server.database.executor.query("vacuum cluster_instance");
    sizes.push(await pages());
  }
  // Without anything being reused the last size would be eight times the first.
  expect(sizes.at(-1), `pages: ${sizes.join(", ")}`).toBeLessThanOrEqual(2 * (sizes[0] ?? 0));
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
