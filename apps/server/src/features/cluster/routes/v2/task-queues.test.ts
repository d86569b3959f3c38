import { type ListTaskQueuesResponse, listTaskQueuesResponse } from "@evertrack/contract/v2/task-queues";
import { workflowRef } from "@evertrack/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const QUEUES = "/api/v2/internal/task-queues";

let server: TestServer;
let reader = "";
let operator = "";
beforeAll(async () => {
  server = await testServer({ working: true });
  ({ key: reader } = await server.keyWith(["SYSTEM_CONFIGURATION_READ"]));
  ({ key: operator } = await server.keyWith(["SYSTEM_CONFIGURATION_UPDATE"]));
});
afterAll(() => server?.close());

const get = (path: string) => server.request("GET", `${QUEUES}/${path}`, { key: reader });
const patch = (path: string, body: unknown) => server.request("PATCH", `${QUEUES}/${path}`, { key: operator, body });

test("queues are listed by type and page, with what waits in them", async () => {
  const all = listTaskQueuesResponse.strict().parse((await get("ACTIVITY")).json());
  const names = all.items.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  expect(names).toContain("artifact-imports");
  expect(all.total).toEqual({ count: names.length, type: "EXACT" });
  expect(all.items[0]).toMatchObject({ status: "ACTIVE", depth: 0, running: 0, created_at: expect.any(Number) });
  const paged: string[] = [];
  let token: string | undefined = "";
  while (token !== undefined) {
    const page: ListTaskQueuesResponse = (await get(`activity?limit=3&page_token=${token}`)).json();
    paged.push(...page.items.map(({ name }) => name));
    token = page.next_page_token;
  }
  expect(paged).toEqual(names);
  expect((await get("WORKFLOW")).json().items).toMatchObject([{ name: "default", capacity: 1000 }]);
});

test("a paused queue keeps what comes, a resumed one works it off; capacity changes for the whole cluster", async () => {
  const state = async () => (await get("WORKFLOW")).json<ListTaskQueuesResponse>().items[0];
  expect((await patch("WORKFLOW/default", { status: "PAUSED", capacity: 50 })).statusCode).toBe(204);
  const housekeeping = workflowRef<{ task: string }>("housekeeping");
  const { client } = server.engine;
  const id = String(await server.database.transaction((tx) => client.startRun(tx, housekeeping, { task: "none" })));
  await expect
    .poll(async () => state())
    .toMatchObject({ status: "PAUSED", capacity: 50, depth: 1, updated_at: expect.any(Number) });
  expect((await client.getRun(id))?.status).toBe("CREATED");
  expect((await patch("workflow/default", { status: "ACTIVE" })).statusCode).toBe(204);
  await expect.poll(async () => (await client.getRun(id))?.status, { timeout: 60_000 }).toBe("COMPLETED");
  expect(await state()).toMatchObject({ status: "ACTIVE", capacity: 50, depth: 0 });
});

test.each([
  ["WORKFLOW/default", {}, 400, "status"],
  ["WORKFLOW/default", { status: "STOPPED" }, 400, "status"],
  ["WORKFLOW/default", { capacity: 0 }, 400, "capacity"],
  ["WORKFLOW/default", { capacity: 1.5 }, 400, "capacity"],
  ["WORKFLOW/default", { capacity: 3_000_000_000 }, 400, "capacity"],
  ["OTHER/default", { capacity: 1 }, 400, "type"],
  ["WORKFLOW/none", { capacity: 1 }, 404, undefined],
  ["ACTIVITY/none", { status: "PAUSED" }, 404, undefined],
])("PATCH %s with %o is refused with %d", async (path, body, status, member) => {
  const answer = await patch(path, body);
  expect([answer.statusCode, answer.json().errors?.[0]?.path]).toEqual([status, member]);
});

test("unknown types, limits and tokens are 400s that name them", async () => {
  for (const [path, name] of [
    ["other", "type"],
    ["ACTIVITY?limit=1001", "limit"],
    ["ACTIVITY?page_token=x", "page_token"],
  ] as const) {
    const answer = await get(path);
    expect([answer.statusCode, answer.json().errors?.[0]?.path]).toEqual([400, name]);
  }
});

test("reading and changing need their permissions", async () => {
  const { key: other } = await server.keyWith(["VIEW_PORTFOLIO"]);
  const status = async (method: string, key?: string) => {
    const path = method === "GET" ? `${QUEUES}/WORKFLOW` : `${QUEUES}/WORKFLOW/none`;
    const body = method === "GET" ? {} : { body: { capacity: 1 } };
    return (await server.request(method, path, { ...(key ? { key } : {}), ...body })).statusCode;
  };
  expect([await status("GET"), await status("GET", other), await status("GET", operator)]).toEqual([401, 403, 403]);
  expect([await status("PATCH"), await status("PATCH", other), await status("PATCH", reader)]).toEqual([401, 403, 403]);
  const { key: coarse } = await server.keyWith(["SYSTEM_CONFIGURATION"]);
  expect([await status("GET", coarse), await status("PATCH", coarse)]).toEqual([200, 404]);
});
