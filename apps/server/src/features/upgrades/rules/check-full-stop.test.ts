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
  instance,
  lock,
  manifest,
  next,
  ready,
  settings,
  underWay,
} from "../testing/clusters.ts";
import { checkUpgrade } from "./check.ts";

describe("not while instances serve (3)", () => {
  test.each<[string, CheckCase]>([
    ["a single instance", { facts: { instances: [instance("one")] }, reasons: ["single-instance"] }],
    [
      "a migration that breaks what runs",
      {
        to: { ...manifest, migrations: [a, { ...b, level: "breaking" }, bEnd] },
        reasons: ["breaking-statement"],
      },
    ],
    ["a long lock on a big table", { facts: { locks: [lock] }, reasons: ["long-lock"] }],
    [
      "a release that demands it",
      {
        to: {
          ...manifest,
          releases: [{ version: "1.1.0", minBesideVersion: "1.0.0", fullStop: "another format of files" }],
        },
        reasons: ["full-stop-release"],
      },
    ],
    [
      "a release on the way that demands it",
      {
        to: {
          ...next,
          minBesideVersion: "1.0.0",
          migrations: [a, b, c],
          releases: [
            { version: "1.1.0", minBesideVersion: "1.0.0", fullStop: "why" },
            { version: "1.2.0", minBesideVersion: "1.0.0" },
          ],
        },
        reasons: ["full-stop-release"],
      },
    ],
    ["a version is left out that may not be", { to: { ...next, migrations: [a, b, c] }, reasons: ["version-gap"] }],
    [
      "a version is left out, with everything stopped",
      {
        facts: { instances: [] },
        to: { ...next, migrations: [a, b, c] },
        reasons: ["version-gap"],
        advice: ["nothing-runs"],
      },
    ],
    [
      "a contract of a release in between has to be run first",
      {
        to: { ...next, minBesideVersion: "1.0.0" },
        reasons: ["contract-first"],
      },
    ],
    [
      "back over a finalized upgrade",
      {
        facts: arrived,
        to: { ...manifest, version: "1.0.0", migrations: [a] },
        reasons: ["downgrade"],
      },
    ],
    [
      "back while the upgrade is being finalized",
      {
        facts: {
          ...underWay,
          cluster: { ...cluster, minJoinVersion: "1.1.0", targetVersion: "1.1.0", finalizeStep: "verify-backfills" },
        },
        to: { ...manifest, version: "1.0.0", migrations: [a] },
        reasons: ["finalize-unfinished", "downgrade"],
      },
    ],
    [
      "a migration was changed",
      {
        facts: { applied: [applied(a, "1.0.0", { checksum: "other" })] },
        reasons: ["history-differs"],
      },
    ],
    [
      "the build lacks a migration of an earlier version",
      {
        facts: { applied: [applied(a, "1.0.0"), applied(c, "1.0.0")] },
        reasons: ["history-differs"],
      },
    ],
    [
      "what cannot be cured outweighs what can",
      {
        facts: { instances: [instance("one")], backups: { takenAgeMs: null, verifiedTakenAgeMs: null } },
        reasons: ["single-instance", "backup-missing"],
      },
    ],
  ])("%s", (_what, { facts = {}, to, set, reasons = [], advice = [] }) => {
    const found = judged({ facts, to, set });
    expect(found).toEqual({ verdict: 3, stage: found.stage, reasons, advice });
  });
});

test("a way over several releases is told version by version", () => {
  const { reasons } = checkUpgrade(ready, { ...next, migrations: [a, b, c] }, settings);
  expect(reasons[0]?.cure).toContain("1.0.0 → 1.1.0 → 1.2.0");
});
