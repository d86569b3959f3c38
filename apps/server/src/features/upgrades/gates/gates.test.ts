import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { listOpenGates, openGates } from "../store/gates.ts";
import { Gates } from "./gates.ts";

const GATES = [
  { name: "new-shape", release: "1.1.0" },
  { name: "new-workflow", release: "1.2.0" },
];

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());
beforeEach(() => server.database.executor.query("delete from cluster_gate"));

const open = (gates: typeof GATES, epoch: number) => server.database.transaction((tx) => openGates(tx, gates, epoch));

test("a gate is closed until it was opened and taken over; one that nobody declared is a mistake", async () => {
  const gates = new Gates(GATES);
  await gates.follow(server.database.db);
  expect(gates.isOpen("new-shape")).toBe(false);
  await open(GATES.slice(0, 1), 3);
  expect(gates.isOpen("new-shape")).toBe(false);
  await gates.follow(server.database.db);
  expect([gates.isOpen("new-shape"), gates.isOpen("new-workflow")]).toEqual([true, false]);
  expect(() => gates.isOpen("other")).toThrow(/no gate other/);
});

test("opening twice keeps the first time", async () => {
  await open(GATES, 3);
  const first = await listOpenGates(server.database.db);
  await open(GATES, 5);
  expect(await listOpenGates(server.database.db)).toEqual(first);
});

test("a new database has every gate of its first build open", async () => {
  const gates = new Gates(GATES);
  await server.database.transaction(async (tx) => {
    await gates.found(tx, 0);
    await gates.follow(tx);
  });
  expect(GATES.map(({ name }) => gates.isOpen(name))).toEqual([true, true]);
});

test("is taken over only when work that goes by the former side has ended; new work goes by the new side at once", async () => {
  const gates = new Gates(GATES);
  const former = Promise.withResolvers<void>();
  const sides: boolean[] = [];
  const writing = gates.within("new-shape", async (isOpen) => {
    await former.promise;
    sides.push(isOpen);
  });
  await open(GATES, 1);
  let taken = false;
  const following = gates.follow(server.database.db).then(() => {
    taken = true;
  });
  while (!gates.isOpen("new-shape")) await server.database.ping();
  await gates.within("new-shape", async (isOpen) => void sides.push(isOpen));
  expect([taken, sides]).toEqual([false, [true]]);
  former.resolve();
  await Promise.all([writing, following]);
  expect([taken, sides]).toEqual([true, [true, false]]);
});
