import { describe, expect, test } from "vitest";
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

describe("a worker limited to queues", () => {
  const enabledWith = (environment: Record<string, string>) =>
    Object.entries(settingsWith(environment).workers).flatMap(([name, { enabled }]) => (enabled ? [name] : []));

  test("serves those and no others", () => {
    expect(enabledWith({ DT_DEX_ENGINE_WORKERS_QUEUES: "artifact-imports, vuln-analyses" })).toEqual([
      "activity:artifact-imports",
      "activity:vuln-analyses",
    ]);
  });

  test("default is both queues of the name, unless it says which", () => {
    expect(enabledWith({ DT_DEX_ENGINE_WORKERS_QUEUES: "default" })).toEqual(["workflow:default", "activity:default"]);
    expect(enabledWith({ DT_DEX_ENGINE_WORKERS_QUEUES: "workflow:default" })).toEqual(["workflow:default"]);
  });

  test("a worker that is switched off stays off, and an empty list limits nothing", () => {
    const off = { DT_DEX_ENGINE_ACTIVITY_WORKER_ARTIFACT_IMPORT_ENABLED: "false" };
    expect(enabledWith({ ...off, DT_DEX_ENGINE_WORKERS_QUEUES: "artifact-imports" })).toEqual([]);
    expect(enabledWith({ DT_DEX_ENGINE_WORKERS_QUEUES: "" })).toHaveLength(settingsWith({}).queues.length);
  });

  test("a queue there is not is refused by name, with those there are", () => {
    expect(() => settingsWith({ DT_DEX_ENGINE_WORKERS_QUEUES: "artifact-imports,vuln-analysis" })).toThrow(
      /dt\.dex-engine\.workers\.queues: "vuln-analysis" is not a queue; there are default, artifact-imports, vuln-analyses/,
    );
  });
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
