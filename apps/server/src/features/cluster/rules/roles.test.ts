import { expect, test } from "vitest";
import { type RoleSettings, rolesOf } from "./roles.ts";

const full: RoleSettings = {
  workersEnabled: true,
  workers: { "workflow:default": { enabled: true }, "activity:imports": { enabled: true } },
  mayLead: true,
  relayEnabled: true,
  schedulerEnabled: true,
};

test("an instance without a profile has every role and serves every queue", () => {
  expect(rolesOf(full)).toEqual({
    roles: ["api", "worker", "leader-eligible", "relay", "scheduler"],
    queues: ["activity:imports", "workflow:default"],
  });
});

test("a web instance answers requests and nothing else", () => {
  const web = { ...full, workersEnabled: false, mayLead: false, relayEnabled: false, schedulerEnabled: false };
  expect(rolesOf(web)).toEqual({ roles: ["api"], queues: [] });
});

test("a worker limited to queues serves those alone; one without any is no worker", () => {
  const { "workflow:default": workflow, "activity:imports": activity } = full.workers;
  const limited = {
    "workflow:default": { ...workflow, enabled: false },
    "activity:imports": { ...activity, enabled: true },
  };
  expect(rolesOf({ ...full, workers: limited }).queues).toEqual(["activity:imports"]);
  expect(rolesOf({ ...full, workers: {} }).roles).not.toContain("worker");
});

test("who may not lead fires no schedules, whatever its settings say", () => {
  expect(rolesOf({ ...full, mayLead: false }).roles).toEqual(["api", "worker", "relay"]);
});
