import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { identitiesNamed, identitiesOfProject, MATCH_BATCH_SIZE } from "../../findings/index.ts";
import { matchInBatches } from "./match-batches.ts";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

let counter = 0;
const UNKNOWN_IDENTITY = 1_000_000_000;

/** What the engine gives an activity, with a look into each transaction before it commits, and a ledger that lasts. */
function contextWith(
  beforeCommit: (name: string) => Promise<void> = async () => undefined,
  ledger = new Map<string, unknown>(),
) {
  return {
    ledger,
    signal: new AbortController().signal,
    idFor: () => randomUUID(),
    async tx<T>(name: string, work: (tx: Tx) => Promise<T>): Promise<T> {
      if (ledger.has(name)) return ledger.get(name) as T;
      const result = await server.database.transaction(async (tx) => {
        const value = await work(tx);
        await beforeCommit(name);
        return value;
      });
      ledger.set(name, result);
      return result;
    },
  };
}

async function affectedPackage(): Promise<{ packageKey: string; identityId: number }> {
  const name = `batch-${++counter}`;
  const identityId = await seed.identity(`pkg:npm/${name}@1.0.0`);
  await seed.advisory({ id: `B-${name}`, packageKey: `npm/${name}`, ranges: [{ introduced: "0" }] });
  return { packageKey: `npm/${name}`, identityId };
}

const sourceOf = (packageKey: string) => ({
  next: (db: Db, afterId: number, limit: number) =>
    identitiesNamed(db, { packageKeys: [packageKey], cpeProducts: [], afterId, limit }),
});
const isMarked = async (projectId: number) =>
  (await seed.rows("select 1 from metrics_dirty_project where project_id = $1", [projectId])).length > 0;

describe("matching in batches", () => {
  test("tells what changed in one bounded event and marks the projects; unchanged, it does neither", async () => {
    const { packageKey, identityId } = await affectedPackage();
    const project = await seed.project();
    await seed.component(project.id, identityId);
    expect(await matchInBatches(contextWith(), sourceOf(packageKey))).toEqual({ batches: 1, changed: 1 });
    const events = await seed.rows<{ payload: object }>(
      "select payload from outbox_event where type = 'FINDINGS_CHANGED'",
    );
    expect(events.map(({ payload }) => payload)).toEqual([
      { addedCount: 1, removedCount: 0, added: [{ identityId, vulnerabilityId: expect.any(Number) }], removed: [] },
    ]);
    expect(await isMarked(project.id)).toBe(true);
    await seed.rows("delete from metrics_dirty_project");
    expect(await matchInBatches(contextWith(), sourceOf(packageKey))).toEqual({ batches: 1, changed: 0 });
    expect(await isMarked(project.id)).toBe(false);
    expect(await seed.rows("select 1 from outbox_event where type = 'FINDINGS_CHANGED'")).toHaveLength(1);
  });

  test("a project imported and counted while the matches were about to be committed is counted again", async () => {
    const { packageKey, identityId } = await affectedPackage();
    const project = await seed.project();
    const context = contextWith(async (name) => {
      if (name.startsWith("match:")) await seed.component(project.id, identityId);
    });
    await matchInBatches(context, sourceOf(packageKey));
    expect(await isMarked(project.id)).toBe(true);
  });

  test("taken up again after a crash it goes on where it was and marks what was left", async () => {
    const { packageKey, identityId } = await affectedPackage();
    const project = await seed.project();
    await seed.component(project.id, identityId);
    const ledger = new Map<string, unknown>();
    const crashing = contextWith(async (name) => {
      if (name.startsWith("mark:")) throw new Error("crashed");
    }, ledger);
    await expect(matchInBatches(crashing, sourceOf(packageKey))).rejects.toThrow("crashed");
    expect([await isMarked(project.id), [...ledger.keys()]]).toEqual([false, ["match:0"]]);
    expect(await matchInBatches(contextWith(undefined, ledger), sourceOf(packageKey))).toEqual({
      batches: 1,
      changed: 1,
    });
    expect(await isMarked(project.id)).toBe(true);
  });

  test("also when it only lists what was never matched, and the crash came after the matching", async () => {
    const { identityId } = await affectedPackage();
    const [importing, other] = [await seed.project(), await seed.project()];
    for (const { id } of [importing, other]) await seed.component(id, identityId);
    const source = {
      next: (db: Db, afterId: number, limit: number) =>
        identitiesOfProject(db, { projectId: importing.id, afterId, unmatchedOnly: true, limit }),
      exceptProjectId: importing.id,
    };
    const ledger = new Map<string, unknown>();
    const crashing = contextWith(async (name) => {
      if (name.startsWith("mark:")) throw new Error("crashed");
    }, ledger);
    await expect(matchInBatches(crashing, source)).rejects.toThrow("crashed");
    await matchInBatches(contextWith(undefined, ledger), source);
    expect([await isMarked(other.id), await isMarked(importing.id)]).toEqual([true, false]);
  });

  test("asks for a bounded number of identities and stops between batches when it is aborted", async () => {
    const limits: number[] = [];
    const aborting = new AbortController();
    const source = {
      async next(_db: Db, afterId: number, limit: number) {
        limits.push(limit);
        aborting.abort(new Error("enough"));
        return Array.from({ length: limit }, (_, index) => UNKNOWN_IDENTITY + afterId + index);
      },
    };
    await expect(matchInBatches({ ...contextWith(), signal: aborting.signal }, source)).rejects.toThrow("enough");
    expect(limits).toEqual([MATCH_BATCH_SIZE]);
  });
});
