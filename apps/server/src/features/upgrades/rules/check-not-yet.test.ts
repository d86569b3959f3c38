import { describe, expect, test } from "vitest";
import { type CheckCase, judged } from "../testing/check-cases.ts";
import {
  a,
  applied,
  arrived,
  b,
  bEnd,
  c,
  cluster,
  HOUR_MS,
  instance,
  manifest,
  next,
  underWay,
  web,
} from "../testing/clusters.ts";

describe("not yet (5)", () => {
  const backfill = {
    name: "fill-b",
    release: "1.1.0",
    rowsDone: 10,
    rowsEstimated: 100,
    rowsPerS: null,
    lastError: null,
  };
  test.each<[string, CheckCase]>([
    ["no backup", { facts: { backups: { takenAgeMs: null, verifiedTakenAgeMs: null } }, reasons: ["backup-missing"] }],
    [
      "an old backup",
      { facts: { backups: { takenAgeMs: 25 * HOUR_MS, verifiedTakenAgeMs: 25 * HOUR_MS } }, reasons: ["backup-stale"] },
    ],
    [
      "a fresh backup that nobody restored, after an old one",
      {
        facts: { backups: { takenAgeMs: HOUR_MS, verifiedTakenAgeMs: 48 * HOUR_MS } },
        reasons: ["backup-unverified"],
      },
    ],
    [
      "somebody migrates",
      {
        facts: {
          migrationLock: { host: "h", pid: 1, version: "1.1.0", ageMs: 90_000 },
          applied: [applied(a, "1.0.0"), applied(b, "1.1.0", { state: "running" })],
        },
        reasons: ["migration-running"],
      },
    ],
    [
      "a migration was torn off",
      {
        facts: { applied: [applied(a, "1.0.0"), applied(b, "1.1.0", { state: "running" })] },
        reasons: ["migration-torn"],
      },
    ],
    [
      "an instance is silent",
      {
        facts: { instances: [instance("one"), instance("two"), instance("three", { heartbeatAgeMs: 45_000 })] },
        reasons: ["instance-silent"],
      },
    ],
    [
      "an instance is silent for the lapse time and nobody removed it yet",
      {
        facts: { instances: [instance("one"), instance("two", { heartbeatAgeMs: 90_000 })] },
        reasons: ["instance-silent"],
      },
    ],
    [
      "an instance starts",
      {
        facts: { instances: [instance("one"), instance("two", { state: "starting" })] },
        reasons: ["instance-not-ready"],
      },
    ],
    [
      "under way, and the last one replaced is not ready yet",
      {
        facts: { ...underWay, instances: [instance("one"), instance("two", { version: "1.1.0", state: "starting" })] },
        reasons: ["instance-not-ready"],
      },
    ],
    [
      "a single web among workers",
      {
        facts: { instances: [instance("worker-1"), instance("worker-2"), web("web")] },
        reasons: ["lone-web"],
      },
    ],
    [
      "another upgrade is under way",
      {
        facts: underWay,
        to: { ...next, migrations: [a, b, c], minBesideVersion: "1.0.0" },
        reasons: ["mixed-versions"],
      },
    ],
    [
      "three versions run",
      {
        facts: {
          ...underWay,
          instances: [instance("one", { version: "0.9.0" }), instance("two"), instance("three", { version: "1.1.0" })],
          cluster: { ...cluster, finalizedVersion: "1.0.0", targetVersion: "1.1.0" },
        },
        to: { ...manifest, minBesideVersion: "0.9.0" },
        reasons: ["mixed-versions"],
      },
    ],
    [
      "the upgrade before was not finalized",
      {
        facts: {
          ...arrived,
          applied: [applied(a, "1.0.0"), applied(b, "1.1.0")],
          cluster: { ...cluster, targetVersion: "1.1.0" },
        },
        to: next,
        reasons: ["upgrade-not-finalized"],
      },
    ],
    [
      "the upgrade before was finalized, but for its contract",
      {
        facts: { ...arrived, applied: [applied(a, "1.0.0"), applied(b, "1.1.0")] },
        to: next,
        reasons: ["upgrade-not-finalized"],
      },
    ],
    [
      "the upgrade before is being finalized",
      {
        facts: {
          ...arrived,
          applied: [applied(a, "1.0.0"), applied(b, "1.1.0"), applied(bEnd, "1.1.0")],
          cluster: {
            ...cluster,
            finalizedVersion: "1.0.0",
            targetVersion: "1.1.0",
            minJoinVersion: "1.1.0",
            finalizeStep: "contract",
          },
        },
        to: next,
        reasons: ["finalize-unfinished", "upgrade-not-finalized"],
      },
    ],
    [
      "a backfill of the release before is not done",
      {
        facts: { ...arrived, backfills: [{ ...backfill, status: "RUNNING" }] },
        to: next,
        reasons: ["backfill-unfinished"],
      },
    ],
    [
      "runs that nobody takes over",
      {
        facts: { stuckRuns: [{ name: "import-bom", queue: "default", runs: 2, expiredMs: 600_000 }] },
        reasons: ["stuck-runs"],
      },
    ],
    [
      "open runs of a workflow this build does not know",
      {
        facts: {
          openRuns: [
            { workflow: "import-bom", runs: 1 },
            { workflow: "import-xml", runs: 2 },
          ],
        },
        reasons: ["unknown-runs"],
      },
    ],
  ])("%s", (_what, { facts = {}, to, set, reasons = [], advice = [] }) => {
    const found = judged({ facts, to, set });
    expect(found).toEqual({ verdict: 5, stage: found.stage, reasons, advice });
  });
});
