import { describe, expect, test } from "vitest";
import { type CheckCase, judged } from "../testing/check-cases.ts";
import { a, arrived, b, bEnd, cluster, HOUR_MS, instance, lock, manifest, underWay, web } from "../testing/clusters.ts";

describe("a rolling upgrade is possible (0)", () => {
  test.each<[string, string, CheckCase]>([
    ["two instances, a fresh backup, additive migrations", "forward", {}],
    ["an empty database", "first-install", { facts: { applied: [], cluster: undefined, instances: [] } }],
    [
      "a database that was migrated and never used",
      "first-install",
      {
        facts: {
          cluster: { ...cluster, finalizedVersion: null },
          instances: [],
          backups: { takenAgeMs: null, verifiedTakenAgeMs: null },
        },
      },
    ],
    ["everything is there already", "current", { facts: arrived }],
    [
      "under way: the backup was asked for before",
      "under-way",
      {
        facts: { ...underWay, backups: { takenAgeMs: null, verifiedTakenAgeMs: null } },
      },
    ],
    [
      "under way: this release's backfill runs",
      "under-way",
      {
        facts: {
          ...underWay,
          backfills: [
            {
              name: "fill-b",
              release: "1.1.0",
              status: "RUNNING",
              rowsDone: 1,
              rowsEstimated: 9,
              rowsPerS: 1,
              lastError: null,
            },
          ],
        },
      },
    ],
    ["under way, with one instance left", "under-way", { facts: { ...underWay, instances: [instance("one")] } }],
    ["no instance runs", "forward", { facts: { instances: [] }, advice: ["nothing-runs"] }],
    [
      "only what is left of a killed instance is there",
      "forward",
      {
        facts: { instances: [instance("one", { heartbeatAgeMs: HOUR_MS })] },
        advice: ["nothing-runs"],
      },
    ],
    ["a single instance below `up`", "forward", { facts: { instances: [instance("one")] }, set: { supervised: true } }],
    [
      "a single worker beside two webs",
      "forward",
      {
        facts: { instances: [instance("worker"), web("web-1"), web("web-2")] },
        advice: ["lone-role", "lone-role", "lone-role", "lone-role"],
      },
    ],
    [
      "no backup, and none is asked for",
      "forward",
      {
        facts: { backups: { takenAgeMs: null, verifiedTakenAgeMs: null } },
        set: { backupAgeMaxMs: 0 },
      },
    ],
    ["a short lock", "forward", { facts: { locks: [{ ...lock, estimatedMs: 900 }] } }],
    [
      "a long build of an index that blocks nobody",
      "forward",
      {
        facts: { locks: [{ ...lock, blocksReads: false, blocksWrites: false }] },
      },
    ],
    [
      "breaking and long locks, with nobody there to be broken",
      "forward",
      {
        facts: { instances: [], locks: [lock] },
        to: { ...manifest, migrations: [a, { ...b, level: "breaking" }, bEnd] },
        advice: ["nothing-runs"],
      },
    ],
    [
      "a full stop that was made: nobody runs",
      "forward",
      {
        facts: { instances: [] },
        to: { ...manifest, releases: [{ version: "1.1.0", minBesideVersion: "1.0.0", fullStop: "why" }] },
        advice: ["nothing-runs"],
      },
    ],
    [
      "going back before the upgrade is finalized",
      "back",
      {
        facts: underWay,
        to: { ...manifest, version: "1.0.0", migrations: [a] },
        advice: ["going-back"],
      },
    ],
    [
      "a release candidate on the way to its release",
      "forward",
      {
        facts: {
          cluster: { ...cluster, finalizedVersion: "1.1.0-rc.1" },
          instances: [instance("one", { version: "1.1.0-rc.1" }), instance("two", { version: "1.1.0-rc.1" })],
        },
      },
    ],
  ])("%s", (_what, stage, { facts = {}, to, set, advice = [] }) => {
    expect(judged({ facts, to, set })).toEqual({ verdict: 0, stage, reasons: [], advice });
  });
});
