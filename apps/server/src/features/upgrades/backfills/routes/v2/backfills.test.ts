import { backfillResponse, listBackfillsResponse } from "@evertrack/contract/v2/backfills";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../../testing/test-server.ts";
import { insertBackfills } from "../../store/backfills.ts";

const PATH = "/api/v2/internal/backfills";

let server: TestServer;
let reader = "";
let operator = "";
beforeAll(async () => {
  server = await testServer();
  ({ key: reader } = await server.keyWith(["SYSTEM_CONFIGURATION_READ"]));
  ({ key: operator } = await server.keyWith(["SYSTEM_CONFIGURATION_UPDATE"]));
  await server.database.transaction((tx) =>
    insertBackfills(tx, [
      { name: "a-later", release: "0.10.0", estimated: 5 },
      { name: "b-sooner", release: "0.9.0", estimated: 7 },
      { name: "ended", release: "0.8.0", estimated: 0 },
    ]),
  );
  await server.database.executor.query("update backfill set status = 'DONE', finished_at = now() where name = 'ended'");
});
afterAll(() => server?.close());

const get = (path: string, key = reader) => server.request("GET", `${PATH}${path}`, { key });
const patch = (name: string, body: unknown, key = operator) =>
  server.request("PATCH", `${PATH}/${name}`, { key, body });

test("all are listed, those of older releases first, and one is found by its name", async () => {
  const { items, total } = listBackfillsResponse.strict().parse((await get("")).json());
  expect(items.map(({ name }) => name)).toEqual(["ended", "b-sooner", "a-later"]);
  expect(total).toEqual({ count: 3, type: "EXACT" });
  const one = backfillResponse.strict().parse((await get("/b-sooner")).json());
  expect(one).toEqual({
    name: "b-sooner",
    release: "0.9.0",
    status: "PENDING",
    rows_done: 0,
    rows_estimated: 7,
    slowdown: 1,
    created_at: expect.any(Number),
    updated_at: expect.any(Number),
  });
  expect((await get("/none")).statusCode).toBe(404);
});

test("pause, rate and resume are answered with what they made of it; what is left out stays", async () => {
  expect((await patch("b-sooner", { rows_per_second_max: 50 })).json()).toMatchObject({ rows_per_second_max: 50 });
  const paused = (await patch("b-sooner", { paused: true })).json();
  expect(paused).toMatchObject({ status: "PAUSED", rows_per_second_max: 50, pause_reason: expect.any(String) });
  expect((await patch("b-sooner", { paused: true })).json()).toMatchObject({ pause_reason: paused.pause_reason });
  const resumed = backfillResponse.parse(
    (await patch("b-sooner", { paused: false, rows_per_second_max: null })).json(),
  );
  expect(resumed).toMatchObject({ status: "RUNNING", run_id: expect.any(String) });
  expect(resumed).not.toHaveProperty("pause_reason");
  expect(resumed).not.toHaveProperty("rows_per_second_max");
});

test.each([
  ["b-sooner", {}, 400],
  ["b-sooner", { paused: "yes" }, 400],
  ["b-sooner", { rows_per_second_max: 0 }, 400],
  ["b-sooner", { rows_per_second_max: 1.5 }, 400],
  ["none", { paused: true }, 404],
  ["ended", { paused: true }, 409],
])("PATCH %s with %o is a %d", async (name, body, status) => {
  const answer = await patch(name, body);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
    status,
    expect.stringContaining("application/problem+json"),
  ]);
});

test("reading and changing need their permissions", async () => {
  const { key: other } = await server.keyWith(["VIEW_PORTFOLIO"]);
  const status = async (key?: string) => [
    (await server.request("GET", PATH, key === undefined ? {} : { key })).statusCode,
    (await server.request("GET", `${PATH}/none`, key === undefined ? {} : { key })).statusCode,
    (await server.request("PATCH", `${PATH}/none`, { ...(key ? { key } : {}), body: { paused: true } })).statusCode,
  ];
  expect(await status()).toEqual([401, 401, 401]);
  expect(await status(other)).toEqual([403, 403, 403]);
  expect(await status(reader)).toEqual([200, 404, 403]);
  expect(await status(operator)).toEqual([403, 403, 404]);
});
