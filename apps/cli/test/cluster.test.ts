import type { ClusterInstance, ClusterResponse } from "@evertrack/contract/v2/cluster";
import { expect, test } from "vitest";
import { runCli, scratchDirectory, startCli, until } from "./run-cli.ts";
import { inTurn, on, type StubApi, startStubApi } from "./stub-api.ts";

const PATH = "/api/v2/internal/cluster";

function instance(id: string, changes: Partial<ClusterInstance> = {}): ClusterInstance {
  return {
    id,
    version: "1.0.0",
    build: "b",
    host: id.replace(/-[a-z]$/, ""),
    roles: ["api"],
    queues: [],
    state: "READY",
    started_at: 0,
    heartbeat_age_ms: 1_234,
    in_flight: 0,
    leader: false,
    safe_to_stop: { safe: true, reasons: [] },
    ...changes,
  };
}

const worker = instance("node-1-a", {
  roles: ["api", "worker", "leader-eligible", "relay", "scheduler"],
  queues: ["workflow:default"],
  leader: true,
  in_flight: 4,
  safe_to_stop: { safe: false, reasons: ["no other ready instance has the role worker"] },
});

function cluster(changes: Partial<ClusterResponse> = {}): { body: ClusterResponse } {
  const body: ClusterResponse = {
    instances: [worker, instance("node-2-a"), instance("node-3-a"), instance("node-3-b")],
    versions: [{ version: "1.0.0", instances: 4 }],
    mixed_versions: false,
    leader: "node-1-a",
    roles: [{ role: "worker", instances: 1 }],
    queues: [{ queue: "workflow:default", instances: 1 }],
    warnings: [],
    min_join_version: "0.0.0",
    epoch: 0,
    ...changes,
  };
  return { body };
}

function run(stub: StubApi, ...args: string[]) {
  using scratch = scratchDirectory();
  const env = { EVERTRACK_URL: stub.url, EVERTRACK_API_KEY: "odt_key", EVERTRACK_DATA_DIRECTORY: scratch.path };
  return runCli(["cluster", ...args], env);
}

test("status lists every instance with its roles, leader and what keeps it from being stopped", async () => {
  await using stub = await startStubApi(on("GET", PATH, () => cluster()));
  const { code, stdout } = await run(stub, "status");
  expect(code, stdout).toBe(0);
  expect(stdout.split("\n")).toEqual([
    "Instances: 4 × 1.0.0; leader: node-1-a",
    "INSTANCE  VERSION  ROLES                                       QUEUES  STATE  HEARTBEAT  IN FLIGHT  LEADER  SAFE TO STOP",
    "node-1-a  1.0.0    api,worker,leader-eligible,relay,scheduler  all     ready  1.2 s ago  4          yes     no",
    ...["node-2-a", "node-3-a", "node-3-b"].map(
      (id) =>
        `${id}  1.0.0    api                                                 ready  1.2 s ago  0                  yes`,
    ),
    "node-1-a is not safe to stop: no other ready instance has the role worker",
    "",
  ]);
  expect(stub.seen[0]?.headers["x-api-key"]).toBe("odt_key");
});

test("status ends with 3 when a role or queue has no instance, after printing what there is", async () => {
  const roles = [{ role: "worker", instances: 0 }];
  const warnings = [{ code: "role-unserved" as const, message: "no ready instance has the role worker" }];
  await using stub = await startStubApi(on("GET", PATH, () => cluster({ roles, warnings })));
  const { code, stdout, stderr } = await run(stub, "status");
  expect([code, stderr]).toEqual([3, "evertrack: No ready instance for the role worker.\n"]);
  expect(stdout).toContain("Warning: no ready instance has the role worker");
  const json = await run(stub, "status", "--json");
  expect(json.code).toBe(3);
  expect(JSON.parse(json.stdout)).toMatchObject({ leader: "node-1-a", warnings });
});

test("status --watch looks again until it is stopped", async () => {
  await using stub = await startStubApi(on("GET", PATH, inTurn(cluster(), cluster({ leader: "node-2-a" }))));
  using scratch = scratchDirectory();
  const env = { EVERTRACK_URL: stub.url, EVERTRACK_API_KEY: "odt_key", EVERTRACK_DATA_DIRECTORY: scratch.path };
  const watching = startCli(["cluster", "status", "--watch", "1"], env);
  await until("a second look", () => watching.output().includes("leader: node-2-a"), watching.output);
  watching.child.kill("SIGTERM");
  await watching.done;
});

test("safe-to-stop ends with 0 or 5 and takes an id, or a host with one instance", async () => {
  await using stub = await startStubApi(on("GET", PATH, () => cluster()));
  expect(await run(stub, "safe-to-stop", "node-2-a")).toMatchObject({ code: 0, stdout: "node-2-a is safe to stop.\n" });
  expect(await run(stub, "safe-to-stop", "node-1")).toMatchObject({
    code: 5,
    stderr: "evertrack: node-1-a is not safe to stop.\n  no other ready instance has the role worker\n",
  });
  const json = await run(stub, "safe-to-stop", "node-1", "--json");
  expect(JSON.parse(json.stdout)).toEqual({ instance: "node-1-a", ...worker.safe_to_stop });
  expect(await run(stub, "safe-to-stop", "node-3")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/Several instances run on node-3; name one\.\n {2}node-3-a on node-3/),
  });
  expect(await run(stub, "safe-to-stop", "nobody")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("There is no instance nobody."),
  });
});

test("states and warnings of a newer server are shown as they are", async () => {
  const newer = {
    ...cluster().body,
    instances: [{ ...worker, state: "PROMOTING" }],
    warnings: [{ code: "something-new", message: "look at this" }],
  };
  await using stub = await startStubApi(on("GET", PATH, () => ({ body: newer })));
  const { code, stdout } = await run(stub, "status");
  expect(code).toBe(0);
  expect(stdout).toMatch(/promoting[\s\S]*Warning: look at this/);
});
