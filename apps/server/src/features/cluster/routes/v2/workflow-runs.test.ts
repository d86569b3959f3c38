import {
  type ListWorkflowRunsResponse,
  listWorkflowRunEventsResponse,
  listWorkflowRunsResponse,
  workflowRunMetadata,
} from "@evertrack/contract/v2/workflow-runs";
import { type StartRunOptions, workflowRef } from "@evertrack/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const RUNS = "/api/v2/internal/workflow-runs";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const waiting = workflowRef<unknown>("waiting.v2");

let server: TestServer;
let reader = "";
let operator = "";
beforeAll(async () => {
  server = await testServer();
  ({ key: reader } = await server.keyWith(["SYSTEM_CONFIGURATION_READ"]));
  ({ key: operator } = await server.keyWith(["SYSTEM_CONFIGURATION_UPDATE"]));
});
afterAll(() => server?.close());

async function start(options: StartRunOptions = {}, input: unknown = null): Promise<string> {
  const id = await server.database.transaction((tx) => server.engine.client.startRun(tx, waiting, input, options));
  return String(id);
}

const get = (path: string, key = reader) => server.request("GET", path, { key });
const act = (id: string, action: string, body?: object) =>
  server.request("POST", `${RUNS}/${id}/${action}`, { key: operator, ...(body ? { body } : {}) });
const list = async (query: string) => (await get(`${RUNS}?${query}`)).json<ListWorkflowRunsResponse>();

describe("lists of runs", () => {
  test("runs show their metadata, times as epoch milliseconds, and what they wait for", async () => {
    const before = Date.now() - 60_000;
    const options = {
      concurrencyKey: "key-1",
      instanceId: "instance-1",
      labels: { project: "p 1" },
      priority: 7,
      delayMs: 60_000,
    };
    const id = await start(options);
    const answer = await get(`${RUNS}?workflow_instance_id=instance-1`);
    expect(answer.statusCode).toBe(200);
    const { items, total, ...rest } = listWorkflowRunsResponse.strict().parse(answer.json());
    expect(rest).toEqual({});
    expect(total).toEqual({ count: 1, type: "EXACT" });
    expect(items).toEqual([
      {
        id,
        workflow_name: "waiting.v2",
        workflow_version: 2,
        workflow_instance_id: "instance-1",
        task_queue_name: "default",
        status: "CREATED",
        priority: 7,
        concurrency_key: "key-1",
        labels: { project: "p 1" },
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
        kind: "WORKFLOW",
        waiting_for: "TIME",
        attempt: 1,
      },
    ]);
    expect(items[0]?.created_at).toBeGreaterThan(before);
  });

  test("every filter narrows, and several narrow together", async () => {
    const id = await start({ labels: { colour: "red=dark", size: "1" } });
    await start({ labels: { colour: "blue", size: "1" } });
    const now = Date.now() + 60_000;
    const ids = async (query: string) => (await list(query)).items.map((run) => run.id);
    expect(await ids("label=colour%3Dred%3Ddark&label=size%3D1")).toEqual([id]);
    expect(await ids("label=colour%3Dblue&label=colour%3Dred%3Ddark")).toEqual([id]);
    expect(await ids("label=colour%3Dgreen")).toEqual([]);
    expect(await ids(`workflow_name=waiting.v2&workflow_version=2&status=CREATED&label=colour%3Dred%3Ddark`)).toEqual([
      id,
    ]);
    expect(await ids("workflow_name=waiting.v2&workflow_version=1")).toEqual([]);
    expect(await ids(`created_since=${now}`)).toEqual([]);
    expect(await ids(`created_before=${now}&label=colour%3Dred%3Ddark&workflow_name=&status=`)).toEqual([id]);
    expect(await ids("completed_since=0&label=colour%3Dred%3Ddark")).toEqual([]);
    await act(id, "cancel");
    expect(
      await ids("completed_since=0&completed_before=9999999999999&status=CANCELLED&label=colour%3Dred%3Ddark"),
    ).toEqual([id]);
  });

  test("pages hold each run once, in both directions and every order, while runs are started", async () => {
    const started = [];
    for (let n = 0; n < 7; n++) started.push(await start({ labels: { paged: "yes" } }));
    for (const sort of ["id", "created_at", "completed_at"]) {
      for (const direction of ["ASC", "DESC"]) {
        const seen: string[] = [];
        let page = await list(`label=paged%3Dyes&limit=3&sort_by=${sort}&sort_direction=${direction}`);
        for (;;) {
          seen.push(...page.items.map((run) => run.id));
          if (page.next_page_token === undefined) break;
          await start({ labels: { other: "yes" } });
          page = await list(`label=paged%3Dyes&limit=3&page_token=${page.next_page_token}`);
        }
        expect(seen.length).toBe(new Set(seen).size);
        const order = sort === "id" ? started.toSorted() : started;
        expect(seen).toEqual(direction === "ASC" ? order : order.toReversed());
      }
    }
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=ten", "limit"],
    ["status=DONE", "status"],
    ["workflow_version=101", "workflow_version"],
    ["label=novalue", "label.0"],
    ["created_since=yesterday", "created_since"],
    ["completed_before=99999999999999999", "completed_before"],
    ["sort_direction=UP", "sort_direction"],
    ["workflow_name=a%00b", "workflow_name"],
    ["page_token=nonsense", "page_token"],
    [
      `page_token=${Buffer.from('{"sort":"id","key":"x","seq":1,"descending":true}').toString("base64url")}`,
      "page_token",
    ],
    [
      `page_token=${Buffer.from('{"sort":"createdAt","key":"2026-02-31T00:00:00.000000Z","seq":1,"descending":true}').toString("base64url")}`,
      "page_token",
    ],
  ])("%s is a 400 that names %s", async (query, path) => {
    const answer = await get(`${RUNS}?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json().errors.map((error: { path: string }) => error.path)).toEqual([path]);
  });

  test("an unknown sort field is told with those there are; another order than the token's is refused", async () => {
    const answer = await get(`${RUNS}?sort_by=name`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      type: "/problems/invalid-sort-field",
      invalid_field: "name",
      allowed_fields: ["id", "created_at", "completed_at"],
    });
    for (let n = 0; n < 2; n++) await start();
    const { next_page_token: token } = await list("limit=1&sort_by=id");
    for (const [order, path] of [
      ["sort_by=created_at", "sort_by"],
      ["sort_direction=ASC", "sort_direction"],
    ]) {
      const refused = await get(`${RUNS}?page_token=${token}&${order}`);
      expect([refused.statusCode, refused.json().errors?.[0].path]).toEqual([400, path]);
    }
    expect((await get(`${RUNS}?page_token=${token}&sort_by=id&sort_direction=DESC`)).statusCode).toBe(200);
  });
});

describe("one run", () => {
  test("is found by its id, and while active by its instance id", async () => {
    const id = await start({ instanceId: "only/one" });
    expect(workflowRunMetadata.strict().parse((await get(`${RUNS}/${id}`)).json())).toMatchObject({
      id,
      status: "CREATED",
    });
    const instance = "/api/v2/internal/workflow-instances/only%2Fone";
    expect((await get(instance)).json()).toMatchObject({ id });
    await act(id, "cancel");
    expect((await get(instance)).statusCode).toBe(404);
    expect((await get(`${RUNS}/${id}`)).json()).toMatchObject({
      status: "CANCELLED",
      completed_at: expect.any(Number),
    });
    expect((await get(`${RUNS}/${UNKNOWN}`)).statusCode).toBe(404);
    const invalid = await get(`${RUNS}/7`);
    expect([invalid.statusCode, invalid.json().errors[0].path]).toEqual([400, "id"]);
  });

  test("tells what happened to it, page by page, in both directions, and what is new", async () => {
    const id = await start({ concurrencyKey: "events", labels: { l: "v" } }, { asked: 1 });
    await server.engine.client.signal(id, "go", { by: "hand" });
    await act(id, "cancel");
    const path = `${RUNS}/${id}/events`;
    const { items, total } = listWorkflowRunEventsResponse.strict().parse((await get(path)).json());
    expect(total).toEqual({ count: 3, type: "EXACT" });
    expect(items).toMatchObject([
      {
        sequence_number: 1,
        event: {
          id: 1,
          timestamp: expect.any(Number),
          runCreated: {
            workflowName: "waiting.v2",
            workflowVersion: 2,
            queueName: "default",
            priority: 0,
            concurrencyKey: "events",
            labels: { l: "v" },
            argument: { asked: 1 },
          },
        },
      },
      { sequence_number: 2, event: { externalEventReceived: { id: "go", payload: { by: "hand" } } } },
      { sequence_number: 3, event: { runCanceled: {} } },
    ]);
    const first = (await get(`${path}?limit=2&sort_direction=DESC`)).json();
    expect(first.items.map((item: { sequence_number: number }) => item.sequence_number)).toEqual([3, 2]);
    const second = (await get(`${path}?limit=2&page_token=${first.next_page_token}`)).json();
    expect(second).toEqual({ items: [items[0]], total: { count: 3, type: "EXACT" } });
    expect((await get(`${path}?from_sequence_number=2`)).json().items).toEqual([items[2]]);
    expect((await get(`${path}?from_sequence_number=3`)).json()).toEqual({
      items: [],
      total: { count: 0, type: "EXACT" },
    });
    for (const [query, name] of [
      ["from_sequence_number=-1", "from_sequence_number"],
      [`from_sequence_number=0&page_token=${first.next_page_token}`, "from_sequence_number"],
      [`sort_direction=ASC&page_token=${first.next_page_token}`, "sort_direction"],
      ["page_token=abc", "page_token"],
      ["limit=0", "limit"],
    ]) {
      const refused = await get(`${path}?${query}`);
      expect([refused.statusCode, refused.json().errors?.[0].path]).toEqual([400, name]);
    }
    expect((await get(`${RUNS}/${UNKNOWN}/events`)).statusCode).toBe(404);
  });
});

test("a run is held, resumed, cancelled and retried; what does not apply is a 409 that says why", async () => {
  const id = await start();
  const status = async () => (await get(`${RUNS}/${id}`)).json();
  const refusal = async (action: string, body?: object) => {
    const answer = await act(id, action, body);
    expect(answer.json().type).toBe("/problems/run-state-conflict");
    return [answer.statusCode, answer.json().detail];
  };
  expect(await refusal("resume")).toEqual([409, "The run is not held."]);
  expect(await refusal("retry")).toEqual([409, "The run has not ended (CREATED)."]);
  expect((await act(id, "suspend")).statusCode).toBe(204);
  expect(await status()).toMatchObject({ status: "CREATED", waiting_for: "OPERATOR" });
  expect((await act(id, "suspend")).statusCode).toBe(204);
  expect((await act(id, "resume")).statusCode).toBe(204);
  expect(await status()).not.toHaveProperty("waiting_for");
  expect((await act(id, "cancel")).statusCode).toBe(204);
  expect(await refusal("cancel")).toEqual([409, "The run has ended (CANCELLED); there is nothing to cancel."]);
  expect(await refusal("suspend")).toEqual([409, "The run has ended (CANCELLED); there is nothing to suspend."]);
  expect(await refusal("resume")).toEqual([409, "The run has ended (CANCELLED)."]);
  const unknownStep = await act(id, "retry", { from_step: "nowhere" });
  expect([unknownStep.statusCode, unknownStep.json().errors[0]]).toMatchObject([
    400,
    { path: "from_step", value: "nowhere" },
  ]);
  expect((await act(id, "retry", { from: "x" })).statusCode).toBe(400);
  expect((await act(id, "retry")).statusCode).toBe(204);
  expect(await status()).toMatchObject({ status: "CREATED" });
  for (const action of ["cancel", "suspend", "resume", "retry"]) {
    expect((await act(UNKNOWN, action)).statusCode).toBe(404);
    expect((await act("7", action)).statusCode).toBe(400);
  }
});

test("reading needs the permission to read the configuration, acting the one to change it", async () => {
  const { key: other } = await server.keyWith(["VIEW_PORTFOLIO", "SYSTEM_CONFIGURATION_CREATE"]);
  const { key: coarse } = await server.keyWith(["SYSTEM_CONFIGURATION"]);
  const id = await start();
  const reads = [RUNS, `${RUNS}/${id}`, `${RUNS}/${id}/events`, "/api/v2/internal/workflow-instances/none"];
  const actions = ["cancel", "suspend", "resume", "retry"].map((action) => `${RUNS}/${UNKNOWN}/${action}`);
  for (const [method, paths, allowed, refused] of [
    ["GET", reads, reader, operator],
    ["POST", actions, operator, reader],
  ] as const) {
    for (const path of paths) {
      const status = async (key?: string) => (await server.request(method, path, key ? { key } : {})).statusCode;
      expect([await status(), await status("unknown"), await status(other), await status(refused)], path).toEqual([
        401, 401, 403, 403,
      ]);
      for (const key of [allowed, coarse]) expect([200, 404], path).toContain(await status(key));
    }
  }
});
