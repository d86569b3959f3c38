import { compareVersions } from "@evertrack/matching";
import type { ReleaseManifest } from "../../apps/server/src/features/upgrades/manifest/manifest.ts";
import type { RecordedManifest } from "./sources.ts";

/** What is wrong with a build in the light of the releases made before it, each in words that tell the cure. */
export function judgeManifest(
  built: ReleaseManifest,
  recorded: readonly RecordedManifest[],
  checksums: Readonly<Record<string, string>>,
): string[] {
  return [
    ...recorded.flatMap((one) => changedRecord(one, checksums)),
    ...vanishedRecords(recorded, checksums),
    ...recorded.flatMap((one) => [
      ...changedReleases(built, one.manifest),
      ...changedMigrations(built, one.manifest),
      ...vanishedNames(built, one.manifest),
      ...vanishedSteps(built, one.manifest),
    ]),
    ...afterRecording(built, recorded),
  ];
}

function changedRecord({ version, checksum }: RecordedManifest, checksums: Readonly<Record<string, string>>): string[] {
  const known = checksums[version];
  if (known === checksum) return [];
  const cure = known === undefined ? "record releases with node tools/release/record.ts" : "restore it";
  return [`the recorded manifest of ${version} is not the one checksums.json knows; ${cure}`];
}

function vanishedRecords(recorded: readonly RecordedManifest[], checksums: Readonly<Record<string, string>>): string[] {
  const present = new Set(recorded.map(({ version }) => version));
  const gone = Object.keys(checksums).filter((version) => !present.has(version));
  return gone.map((version) => `the recorded manifest of ${version} is gone; bring it back`);
}

function changedReleases(built: ReleaseManifest, past: ReleaseManifest): string[] {
  return past.releases.flatMap((before) => {
    const now = built.releases.find(({ version }) => version === before.version);
    if (JSON.stringify(now) === JSON.stringify(before)) return [];
    return [`releases.json says of ${before.version} what it did not say when ${past.version} was made; restore it`];
  });
}

function changedMigrations(built: ReleaseManifest, past: ReleaseManifest): string[] {
  const present = new Map(built.migrations.map((one) => [`${one.component} ${one.id}`, one]));
  return past.migrations.flatMap(({ component, id, checksum, phase }) => {
    const now = present.get(`${component} ${id}`);
    if (now === undefined) return [`migration ${component} ${id} of release ${past.version} is gone; bring it back`];
    if (now.checksum === checksum && now.phase === phase) return [];
    return [`migration ${component} ${id} of release ${past.version} was changed; restore it and write a new one`];
  });
}

function vanishedNames(built: ReleaseManifest, past: ReleaseManifest): string[] {
  return (["backfills", "gates"] as const).flatMap((kind) => {
    const present = new Set(built[kind].map(({ name, release }) => `${name} ${release}`));
    const gone = past[kind].filter(({ name, release }) => !present.has(`${name} ${release}`));
    return gone.map(({ name }) => `${kind.slice(0, -1)} ${name} of release ${past.version} is gone; bring it back`);
  });
}

/** Of releases this one may run beside: older ones have gone through a release in between, and left no run of theirs open. */
function vanishedSteps(built: ReleaseManifest, past: ReleaseManifest): string[] {
  if (compareVersions("semver", past.version, built.minBesideVersion) < 0) return [];
  const present = new Map(built.workflows.map(({ name, steps }) => [name, new Set(steps)]));
  return past.workflows.flatMap(({ name, steps }) => {
    const now = present.get(name);
    if (now === undefined)
      return [`workflow ${name} of release ${past.version} is gone: its open runs could not go on; bring it back`];
    const cure = "a workflow that changes its steps gets a new name (apps/server/test/histories/README.md)";
    return steps
      .filter((step) => !now.has(step))
      .map((step) => `step "${step}" of workflow ${name}, recorded by release ${past.version}, is gone; ${cure}`);
  });
}

/** A release that was made is closed: what comes now is of the next one. */
function afterRecording(built: ReleaseManifest, recorded: readonly RecordedManifest[]): string[] {
  const same = recorded.find(({ version }) => version === built.version);
  if (same === undefined || JSON.stringify(same.manifest) === JSON.stringify(built)) return [];
  return [
    `release ${built.version} was made and the build is not it any more: give package.json and releases.json the next version`,
  ];
}
