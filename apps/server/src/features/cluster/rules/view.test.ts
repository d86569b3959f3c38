import { describe, expect, test } from "vitest";
import type { ClusterState } from "./cluster-state.ts";
import { type InstanceRow, viewCluster, windowOf } from "./view.ts";

const clusterState: ClusterState = {
  minJoinVersion: "1.0.0",
  finalizedVersion: "1.0.0",
  targetVersion: null,
  windowOpenedAt: null,
  windowAgeMs: null,
  finalizeStep: null,
  epoch: 0,
  changedBy: null,
  changedAt: new Date(0),
  readAt: new Date(0),
};
const WORK = ["worker", "leader-eligible", "relay", "scheduler"];
const QUEUES = ["activity:imports", "workflow:default"];

function instance(id: string, changes: Partial<InstanceRow> = {}): InstanceRow {
  return {
    id,
    version: "1.0.0",
    build: "b",
    profile: null,
    host: "h",
    roles: ["api", ...WORK],
    queues: QUEUES,
    state: "ready",
    startedAt: new Date(0),
    heartbeatAgeMs: 100,
    heartbeats: 1,
    intervalMs: 10_000,
    lapseMs: 60_000,
    goneForMs: null,
    goneBy: null,
    leader: false,
    inFlight: 0,
    gateEpoch: 0,
    detail: {},
    ...changes,
  };
}
const web = (id: string, changes: Partial<InstanceRow> = {}) =>
  instance(id, { roles: ["api"], queues: [], ...changes });

function safety(...rows: InstanceRow[]): Record<string, string[]> {
  const { instances } = viewCluster(rows, QUEUES);
  for (const { safeToStop } of instances) expect(safeToStop.safe).toBe(safeToStop.reasons.length === 0);
  return Object.fromEntries(instances.map(({ id, safeToStop }) => [id, safeToStop.reasons]));
}
const warnings = (...rows: InstanceRow[]) => viewCluster(rows, QUEUES).warnings.map(({ code }) => code);

describe("safe to stop", () => {
  test("each of two equal instances is, work in flight or not", () => {
    expect(safety(instance("a", { inFlight: 9, leader: true }), instance("b"))).toEqual({ a: [], b: [] });
  });
  test("an only instance is not, for one reason that says all", () => {
    expect(safety(instance("a"), instance("b", { state: "starting" })).a).toEqual(["no other instance is ready"]);
  });
  test("the one worker beside webs is not, and every role and queue that would be lost is named", () => {
    expect(safety(instance("a"), web("b")).a).toEqual([
      "no other ready instance has the role worker",
      "no other ready instance has the role leader-eligible",
      "no other ready instance has the role relay",
      "no other ready instance has the role scheduler",
      "no other ready instance serves the queue activity:imports",
      "no other ready instance serves the queue workflow:default",
    ]);
  });
  test("one of two webs is, the one worker is not", () => {
    const reasons = safety(web("a"), web("b"), instance("c"));
    expect([reasons.a, reasons.b]).toEqual([[], []]);
    expect(reasons.c?.[0]).toBe("no other ready instance has the role worker");
  });
  test("a worker whose queue nobody else serves is not", () => {
    const imports = instance("a", { queues: ["activity:imports"] });
    const rest = instance("b", { queues: ["workflow:default"] });
    expect(safety(imports, rest, instance("c", { queues: ["workflow:default"] }))).toEqual({
      a: ["no other ready instance serves the queue activity:imports"],
      b: [],
      c: [],
    });
  });
  test.each<[string, Partial<InstanceRow>]>([
    ["starting", { state: "starting" }],
    ["draining", { state: "draining" }],
    ["gone", { state: "gone", goneForMs: 1 }],
    ["ready but silent for more than three intervals", { heartbeatAgeMs: 30_001 }],
  ])("an instance that is %s is nobody to rely on", (_, changes) => {
    expect(safety(instance("a"), instance("b", changes)).a).not.toEqual([]);
  });
  test("one that is gone is", () => {
    expect(safety(instance("a", { state: "gone" })).a).toEqual([]);
  });
});

describe("warnings", () => {
  test("a whole cluster has none", () => {
    expect(warnings(web("a"), instance("b", { leader: true }))).toEqual([]);
  });
  test("every role and known queue without a ready instance is told", () => {
    const view = viewCluster([web("a")], QUEUES);
    expect(view.warnings.map(({ message }) => message)).toEqual([
      "no ready instance has the role worker",
      "no ready instance has the role leader-eligible",
      "no ready instance has the role relay",
      "no ready instance has the role scheduler",
      "no ready instance serves the queue activity:imports",
      "no ready instance serves the queue workflow:default",
    ]);
    expect(view.roles).toContainEqual({ role: "api", instances: 1 });
    expect(view.queues).toContainEqual({ queue: "activity:imports", instances: 0 });
  });
  test("versions side by side are told, a version that is gone is not", () => {
    expect(warnings(instance("a"), instance("b", { version: "1.1.0" }))).toEqual(["mixed-versions"]);
    expect(warnings(instance("a"), instance("b", { version: "1.1.0", state: "gone" }))).toEqual([]);
  });
  test("silence is told before it is a lapse", () => {
    expect(warnings(instance("a"), instance("b", { heartbeatAgeMs: 31_000 }))).toEqual(["heartbeat-late"]);
  });
  test("an upgrade that is open for longer than it should be is told", () => {
    const HOUR_MS = 3_600_000;
    const cluster = [instance("a"), instance("b")];
    const windowed = (ageMs: number, warnMs: number) => {
      const state = { ...clusterState, targetVersion: "1.1.0", windowAgeMs: ageMs };
      return viewCluster(cluster, QUEUES, windowOf(state, warnMs)).warnings.map(({ message }) => message);
    };
    expect(windowed(26 * HOUR_MS, 24 * HOUR_MS)).toEqual([
      "the upgrade to 1.1.0 was begun 26 h ago and is not finalized; finish it or go back",
    ]);
    expect(windowed(23 * HOUR_MS, 24 * HOUR_MS)).toEqual([]);
    expect(windowed(26 * HOUR_MS, 0)).toEqual([]);
    expect(windowOf(clusterState, HOUR_MS)).toBeUndefined();
  });
  test("a leader that fires no schedules while another instance would is told", () => {
    const leader = instance("a", { leader: true, roles: ["api", "worker", "leader-eligible", "relay"] });
    expect(warnings(leader, instance("b"))).toEqual(["leader-without-schedules"]);
    expect(warnings(instance("a", { leader: true }), instance("b"))).toEqual([]);
  });
});

test("of two that say they lead, the one heard of last does; one that is gone does not", () => {
  const leaders = [
    instance("a", { leader: true, heartbeatAgeMs: 900 }),
    instance("b", { leader: true, heartbeatAgeMs: 20 }),
  ];
  expect(viewCluster(leaders, QUEUES).leader).toBe("b");
  expect(viewCluster([instance("a", { leader: true, state: "gone" })], QUEUES).leader).toBeUndefined();
});
