import type { WorkflowRunMetadata } from "@evertrack/contract/v2/workflow-runs";
import { expect, test } from "vitest";
import { runCli, scratchDirectory } from "./run-cli.ts";
import { inTurn, on, type StubApi, startStubApi } from "./stub-api.ts";

const RUNS = "/api/v2/internal/workflow-runs";
const QUEUES = "/api/v2/internal/task-queues";
const ID = "0199aaaa-0000-7000-8000-000000000001";
const CHILD = "0199aaaa-0000-8000-8000-000000000002";

function run(stub: StubApi, ...args: string[]) {
  using scratch = scratchDirectory();
  const env = { EVERTRACK_URL: stub.url, EVERTRACK_API_KEY: "odt_key", EVERTRACK_DATA_DIRECTORY: scratch.path };
  return runCli(args, env);
}

const metadata = (changes: Partial<WorkflowRunMetadata> = {}): WorkflowRunMetadata => ({
  id: ID,
  workflow_name: "import-bom",
  workflow_version: 1,
  task_queue_name: "default",
  status: "RUNNING",
  priority: 50,
  created_at: Date.UTC(2026, 0, 2, 3, 4, 5),
  kind: "WORKFLOW",
  attempt: 1,
  ...changes,
});

test("runs are listed over all pages, short ones too, with their filters sent each time", async () => {
  const total = { count: 3, type: "AT_LEAST" };
  const pages = inTurn(
    {
      body: { items: [metadata({ owner: { instance_id: "node-1", version: "1.2.3" } })], next_page_token: "t1", total },
    },
    { body: { items: [], next_page_token: "t2", total } },
    {
      body: {
        items: [
          metadata({ status: "FAILED", failure: "no\u001b[2J good", completed_at: Date.UTC(2026, 0, 2, 3, 5) }),
          metadata({ status: "SUSPENDED", waiting_for: "OPERATOR" }),
        ],
        total,
      },
    },
  );
  await using stub = await startStubApi(on("GET", RUNS, pages));
  const filters = ["--name", "import-bom", "--status", "failed", "--label", "a=1", "--label", "b=2=3", "--since", "2h"];
  const { code, stdout } = await run(stub, "runs", "list", ...filters);
  expect(code, stdout).toBe(0);
  expect(stdout.split("\n")).toEqual([
    "RUN                                   NAME        STATUS           CREATED              ENDED                WHERE   FAILURE",
    `${ID}  import-bom  running          2026-01-02 03:04:05                       node-1`,
    `${ID}  import-bom  failed           2026-01-02 03:04:05  2026-01-02 03:05:00          no [2J good`,
    `${ID}  import-bom  suspended, held  2026-01-02 03:04:05`,
    "3 of more than 3 runs",
    "",
  ]);
  for (const { query } of stub.of("GET", RUNS)) {
    expect([query.get("workflow_name"), query.get("status"), query.getAll("label")]).toEqual([
      "import-bom",
      "FAILED",
      ["a=1", "b=2=3"],
    ]);
    expect(Number(query.get("created_since"))).toBeGreaterThan(Date.now() - 7_300_000);
  }
  expect(stub.of("GET", RUNS).map(({ query }) => query.get("page_token"))).toEqual([null, "t1", "t2"]);
});

test("--limit ends a list early, --json gives the runs as the server does, mistakes end with 2", async () => {
  const body = { items: [metadata()], next_page_token: "t", total: { count: 9, type: "EXACT" } };
  await using stub = await startStubApi(on("GET", RUNS, () => ({ body })));
  const { stdout } = await run(stub, "runs", "list", "--limit", "1", "--json");
  expect(JSON.parse(stdout)).toEqual({ runs: [metadata()], total: body.total });
  expect(stub.of("GET", RUNS).map(({ query }) => query.get("limit"))).toEqual(["1"]);
  expect(await run(stub, "runs", "list", "--since", "yesterday")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("2h"),
  });
  expect(await run(stub, "runs", "list", "--status", "done")).toMatchObject({ code: 2 });
});

test("show tells what a run is and what happened to it, who did it in which version", async () => {
  const by = { instanceId: "node-1", instanceVersion: "1.0.0" };
  const events = [
    { runCreated: { workflowName: "import-bom" } },
    { runStarted: { ...by, attempt: 1 } },
    { activityTaskCreated: { name: "read", runId: CHILD } },
    { runSuspended: { ...by, reason: "HANDED_BACK" } },
    { runResumed: { instanceId: "node-2", instanceVersion: "1.1.0" } },
    { activityTaskFailed: { name: "read", runId: CHILD, attempts: 3, failure: { message: "unreadable" } } },
    { timerCreated: { timerName: "nap", elapseAt: Date.UTC(2026, 0, 2) } },
    { runCompleted: { status: "FAILED", failure: { message: "unreadable" } } },
  ];
  const items = events.map((event, index) => ({
    sequence_number: index + 1,
    event: { id: index + 1, timestamp: Date.UTC(2026, 0, 1, 0, 0, index), ...event },
  }));
  const total = { count: items.length, type: "EXACT" };
  const pages = inTurn(
    { body: { items: items.slice(0, 5), next_page_token: "p", total } },
    { body: { items: items.slice(5), total } },
  );
  const failed = metadata({ status: "FAILED", failure: "unreadable", labels: { project: "p" }, concurrency_key: "k" });
  await using stub = await startStubApi(
    on("GET", `${RUNS}/${ID}`, () => ({ body: failed })),
    on("GET", `${RUNS}/${ID}/events`, pages),
  );
  const { code, stdout } = await run(stub, "runs", "show", ID);
  expect(code, stdout).toBe(0);
  expect(stdout.split("\n")).toEqual([
    `Run        ${ID}`,
    "Name       import-bom",
    "Status     failed",
    "Failure    unreadable",
    "Queue      workflow:default, priority 50",
    "Key        k",
    "Labels     project=p",
    "",
    "#  TIME                 EVENT                BY              DETAILS",
    "1  2026-01-01 00:00:00  runCreated                           import-bom",
    "2  2026-01-01 00:00:01  runStarted           node-1 (1.0.0)",
    `3  2026-01-01 00:00:02  activityTaskCreated                  read · ${CHILD}`,
    "4  2026-01-01 00:00:03  runSuspended         node-1 (1.0.0)  HANDED_BACK",
    "5  2026-01-01 00:00:04  runResumed           node-2 (1.1.0)",
    `6  2026-01-01 00:00:05  activityTaskFailed                   read · attempt 3 · unreadable · ${CHILD}`,
    "7  2026-01-01 00:00:06  timerCreated                         nap · until 2026-01-02 00:00:00",
    "8  2026-01-01 00:00:07  runCompleted                         FAILED · unreadable",
    "",
  ]);
});

test("what is done to a run is said; a state that does not allow it is exit code 3, an unknown run 1", async () => {
  await using stub = await startStubApi(
    on("POST", `${RUNS}/${ID}/retry`, () => ({ status: 204 })),
    on("POST", `${RUNS}/${ID}/cancel`, () => ({
      status: 409,
      body: { title: "Not possible", detail: "The run has ended.", type: "/problems/run-state-conflict" },
    })),
  );
  expect(await run(stub, "runs", "retry", ID, "--from-step", "read")).toMatchObject({
    code: 0,
    stdout: `The run ${ID} is tried again.\n`,
  });
  expect(JSON.parse(stub.of("POST", `${RUNS}/${ID}/retry`)[0]?.body ?? "")).toEqual({ from_step: "read" });
  const refused = await run(stub, "runs", "cancel", ID, "--json");
  expect(refused.code).toBe(3);
  expect(JSON.parse(refused.stderr).error).toMatchObject({
    exitCode: 3,
    problem: { type: "/problems/run-state-conflict" },
  });
  expect(await run(stub, "runs", "suspend", ID)).toMatchObject({ code: 1 });
});

test("queues are listed, paused, resumed and resized by their name", async () => {
  const queue = (name: string, changes: object = {}) => ({
    name,
    status: "ACTIVE",
    capacity: 25,
    depth: 0,
    running: 0,
    created_at: 1,
    ...changes,
  });
  const page = (...items: object[]) => ({ body: { items, total: { count: items.length, type: "EXACT" } } });
  await using stub = await startStubApi(
    on("GET", `${QUEUES}/WORKFLOW`, () => page(queue("default", { capacity: 1000, running: 7, depth: 1234 }))),
    on("GET", `${QUEUES}/ACTIVITY`, () => page(queue("default", { status: "PAUSED" }), queue("artifact-imports"))),
    on("PATCH", /.*/, () => ({ status: 204 })),
  );
  expect((await run(stub, "queues", "list")).stdout.split("\n")).toEqual([
    "QUEUE                      STATUS  CAPACITY  RUNNING  WAITING",
    "workflow:default           active  1000      7        1234",
    "activity:default           paused  25        0        0",
    "activity:artifact-imports  active  25        0        0",
    "",
  ]);
  expect((await run(stub, "queues", "pause", "artifact-imports")).stdout).toBe(
    "activity:artifact-imports is paused, with a capacity of 25.\n",
  );
  expect(JSON.parse((await run(stub, "queues", "resize", "workflow:default", "50", "--json")).stdout)).toEqual({
    queue: "workflow:default",
    status: "ACTIVE",
    capacity: 50,
  });
  await run(stub, "queues", "resume", "activity:default");
  expect(
    stub.seen.filter(({ method }) => method === "PATCH").map(({ path, body }) => [path, JSON.parse(body)]),
  ).toEqual([
    [`${QUEUES}/ACTIVITY/artifact-imports`, { status: "PAUSED" }],
    [`${QUEUES}/WORKFLOW/default`, { capacity: 50 }],
    [`${QUEUES}/ACTIVITY/default`, { status: "ACTIVE" }],
  ]);
  expect(await run(stub, "queues", "pause", "default")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("activity:default"),
  });
  expect(await run(stub, "queues", "pause", "none")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("artifact-imports"),
  });
  expect(await run(stub, "queues", "resize", "artifact-imports", "0")).toMatchObject({ code: 2 });
});
