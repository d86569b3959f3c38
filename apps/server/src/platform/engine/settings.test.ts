import { expect, test } from "vitest";
import { loadConfig } from "../config/index.ts";
import { engineSettings } from "./settings.ts";

const settingsWith = (environment: Record<string, string>) =>
  engineSettings(loadConfig({ environment, workingDirectory: "/nowhere" }));

test("every queue has a worker of its own size, and properties change it", () => {
  const { queues, workers } = settingsWith({ DT_DEX_ENGINE_ACTIVITY_WORKER_VULN_ANALYSIS_MAX_CONCURRENCY: "3" });
  expect(Object.keys(workers).sort()).toEqual(queues.map(({ kind, name }) => `${kind}:${name}`).sort());
  expect(workers["activity:vuln-analyses"]).toEqual({ enabled: true, concurrency: 3 });
  expect(workers["activity:artifact-imports"]).toEqual({ enabled: true, concurrency: 5 });
});

test("one worker is switched off alone", () => {
  const { workers } = settingsWith({ DT_DEX_ENGINE_ACTIVITY_WORKER_ARTIFACT_IMPORT_ENABLED: "false" });
  const off = Object.entries(workers).filter(([, { enabled }]) => !enabled);
  expect(off.map(([name]) => name)).toEqual(["activity:artifact-imports"]);
});

test("leases are renewed before they end: three beats each, and the leader's check is shorter than its lease", () => {
  expect(settingsWith({ DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: "9000" }).lease).toEqual({
    leaseMs: 9000,
    beatMs: 3000,
  });
  const name = "DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS";
  expect(settingsWith({ [name]: "29999" }).leaderElection).toMatchObject({ leaseMs: 30_000, checkMs: 29_999 });
  expect(() => settingsWith({ [name]: "30000" })).toThrow(/lease-check-interval-ms: "30000" is not shorter than/);
});
