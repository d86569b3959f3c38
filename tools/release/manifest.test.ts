import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ReleaseManifest } from "../../apps/server/src/features/upgrades/manifest/manifest.ts";
import { buildManifest } from "./build-manifest.ts";
import { judgeManifest } from "./judge.ts";
import { checksumOf, type RecordedManifest, readChecksums, readRecorded, releaseFiles } from "./sources.ts";
import { manifestText } from "./text.ts";

const repository = join(import.meta.dirname, "../..");

describe("this build", () => {
  test("apps/server/release.json is its manifest; else run node tools/release/manifest.ts", async () => {
    const committed = readFileSync(releaseFiles(repository).manifest, "utf8");
    expect(committed).toBe(manifestText(await buildManifest(repository)));
  });

  test("keeps everything that releases made before it had", async () => {
    const built = await buildManifest(repository);
    expect(judgeManifest(built, readRecorded(repository), readChecksums(repository))).toEqual([]);
  });
});

const first: ReleaseManifest = {
  format: 1,
  version: "1.0.0",
  minBesideVersion: "1.0.0",
  releases: [{ version: "1.0.0", minBesideVersion: "1.0.0" }],
  migrations: [
    { component: "app", id: "202601010000__a", phase: "expand", level: "additive", checksum: "aa", release: "1.0.0" },
  ],
  backfills: [{ name: "fill", release: "1.0.0" }],
  gates: [{ name: "door", release: "1.0.0" }],
  workflows: [{ name: "work", steps: ["one", "two"] }],
};

const second: ReleaseManifest = {
  ...first,
  version: "1.1.0",
  releases: [...first.releases, { version: "1.1.0", minBesideVersion: "1.0.0" }],
  workflows: [{ name: "work", steps: ["one", "two", "three"] }],
};

function recordedOf(manifest: ReleaseManifest): RecordedManifest {
  return { version: manifest.version, manifest, checksum: checksumOf(manifestText(manifest)) };
}

function judge(built: ReleaseManifest, recorded = recordedOf(first)): string[] {
  return judgeManifest(built, [recorded], { "1.0.0": checksumOf(manifestText(first)) });
}

describe("a build after a release", () => {
  test("that keeps what the release had is accepted", () => {
    expect(judge(second)).toEqual([]);
  });

  test.each<[string, Partial<ReleaseManifest>, RegExp]>([
    ["a migration that vanished", { migrations: [] }, /migration app 202601010000__a of release 1.0.0 is gone/],
    [
      "a migration with another text",
      { migrations: first.migrations.map((one) => ({ ...one, checksum: "bb" })) },
      /migration app 202601010000__a of release 1.0.0 was changed/,
    ],
    ["a step that vanished", { workflows: [{ name: "work", steps: ["one"] }] }, /step "two" of workflow work/],
    ["a workflow that vanished", { workflows: [] }, /workflow work of release 1.0.0 is gone/],
    ["a backfill that vanished", { backfills: [] }, /backfill fill of release 1.0.0 is gone/],
    ["a gate that vanished", { gates: [] }, /gate door of release 1.0.0 is gone/],
    ["a release told otherwise", { releases: second.releases.slice(1) }, /releases.json says of 1.0.0/],
  ])("with %s is refused", (_what, change, problem) => {
    expect(judge({ ...second, ...change })).toEqual([expect.stringMatching(problem)]);
  });

  test("may let go of workflows of releases it does not run beside any more", () => {
    expect(judge({ ...second, minBesideVersion: "1.1.0", workflows: [] })).toEqual([]);
  });

  test("with a changed record is refused", () => {
    const changed = recordedOf({ ...first, minBesideVersion: "0.9.0" });
    expect(judge(second, changed)).toEqual([expect.stringMatching(/recorded manifest of 1.0.0 is not the one/)]);
  });

  test("without the record is refused", () => {
    const problems = judgeManifest(second, [], { "1.0.0": "aa" });
    expect(problems).toEqual([expect.stringMatching(/recorded manifest of 1.0.0 is gone/)]);
  });

  test("that adds to the release under its own version is refused", () => {
    const added = { ...first, gates: [...first.gates, { name: "window", release: "1.0.0" }] };
    expect(judge(added)).toEqual([expect.stringMatching(/release 1.0.0 was made and the build is not it any more/)]);
  });
});
