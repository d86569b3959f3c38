import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { executorOf } from "../../../../platform/db/index.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { findBackfill } from "../queries/list-backfills.ts";
import { createScratchRows, scratchBackfill, scratchTimes } from "../testing.ts";
import { registerBackfills } from "./register-backfills.ts";
import { verifyBackfills } from "./verify-backfills.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());

const ROWS = 5_000;
beforeEach(async () => {
  await server.database.executor.query("drop table if exists scratch_scratch");
  await server.database.executor.query("delete from backfill");
  await createScratchRows(server.database.executor, "scratch", ROWS);
});

const query = (text: string) => server.database.executor.query(text);
const verify = (backfill = scratchBackfill(), signal?: AbortSignal) =>
  verifyBackfills({ ...server, backfills: [backfill], ...(signal === undefined ? {} : { signal }) });
async function done(): Promise<void> {
  await registerBackfills({ ...server, backfills: [scratchBackfill()] });
  await query("update scratch_scratch set shape = 'new'");
  await query("update backfill set status = 'DONE'");
}

test("one with nothing left is verified by counting alone, and when is noted", async () => {
  await done();
  expect(await verify()).toEqual([{ name: "scratch", release: "0.2.0", verified: true, remaining: 0 }]);
  expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 0: ROWS });
  expect((await findBackfill(server.database.db, "scratch")).verified_at).toBeGreaterThan(0);
});

test("rows that are left wherever they stand are passed over, and counted again", async () => {
  await done();
  await query("update scratch_scratch set shape = 'old' where id % 1000 = 1");
  expect(await verify()).toMatchObject([{ verified: true, remaining: 0 }]);
});

test("one that is not done is told and not touched; one that was never registered is not verified either", async () => {
  expect(await verify()).toEqual([{ name: "scratch", release: "0.2.0", verified: false, remaining: null }]);
  await registerBackfills({ ...server, backfills: [scratchBackfill()] });
  expect(await verify()).toMatchObject([{ verified: false, remaining: null }]);
  expect(await scratchTimes(server.database.executor, "scratch")).toEqual({ 0: ROWS });
});

test("rows that come back as fast as they go are told with their number, after three passes", async () => {
  await done();
  await query("update scratch_scratch set shape = 'old' where id = 1");
  const backfill = scratchBackfill();
  backfill.inBatch = async (tx) => {
    await executorOf(tx).query("update scratch_scratch set shape = 'old' where id <= 2");
  };
  expect(await verify(backfill)).toMatchObject([{ verified: false, remaining: 2 }]);
  expect(await findBackfill(server.database.db, "scratch")).not.toHaveProperty("verified_at");
});

test("cut short anywhere it notes nothing, and is done by the next call", async () => {
  await done();
  await query("update scratch_scratch set shape = 'old'");
  const backfill = scratchBackfill();
  const abort = new AbortController();
  backfill.inBatch = async () => abort.abort();
  await expect(verify(backfill, abort.signal)).rejects.toThrow("aborted");
  expect(await findBackfill(server.database.db, "scratch")).not.toHaveProperty("verified_at");
  expect(await verify()).toMatchObject([{ verified: true, remaining: 0 }]);
});
