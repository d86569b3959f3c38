import { compareVersions } from "@evertrack/matching";
import type { ManifestMigration, ReleaseManifest } from "../manifest/manifest.ts";
import type { InstanceFacts, UpgradeFacts } from "./facts.ts";

/**
 * Where an upgrade to a build stands:
 * - `first-install`: no instance ever joined;
 * - `current`: everything is of this version, and finalized;
 * - `forward`: to be begun;
 * - `under-way`: instances of this version have joined, the way back is open;
 * - `back`: this version is older than what runs.
 */
export type Stage = "first-install" | "current" | "forward" | "under-way" | "back";

/** The cluster and the build that looks at it, compared. */
export interface Situation {
  stage: Stage;
  /** The version to come from: the oldest that runs, else the last finalized; undefined before a first install. */
  from: string | undefined;
  to: string;
  /** Instances that can still work, late ones included. */
  living: readonly InstanceFacts[];
  /** Theirs, oldest first. */
  versions: readonly string[];
  /** Of the manifest, not run yet or begun only. */
  pending: readonly ManifestMigration[];
}

export function situationOf(facts: UpgradeFacts, manifest: ReleaseManifest): Situation {
  const living = livingOf(facts.instances);
  const versions = sortVersions(living.map(({ version }) => version));
  const pending = pendingOf(facts, manifest);
  const from = versions[0] ?? facts.cluster?.finalizedVersion ?? undefined;
  const situation = { from, to: manifest.version, living, versions, pending };
  return { ...situation, stage: stageOf(facts, situation) };
}

function stageOf({ applied, cluster }: UpgradeFacts, situation: Omit<Situation, "stage">): Stage {
  const { to, versions, pending } = situation;
  const nothingEver = !cluster?.finalizedVersion && versions.length === 0;
  if (applied.length === 0 || nothingEver) return "first-install";
  if (cluster?.targetVersion === to) return "under-way";
  const newest = sortVersions([cluster?.targetVersion, cluster?.finalizedVersion, ...versions].filter(isText)).at(-1);
  if (newest !== undefined && isOlder(to, newest)) return "back";
  const same = cluster?.finalizedVersion === to && versions.every((version) => version === to);
  return same && pending.every(({ phase }) => phase === "contract") ? "current" : "forward";
}

/**
 * Who has been silent for the lapse time does no work; the others remove it from the registry. While nobody else lives nobody does
 * that, and it does not count.
 */
function livingOf(instances: readonly InstanceFacts[]): InstanceFacts[] {
  const beating = instances.filter(({ heartbeatAgeMs, lapseMs }) => heartbeatAgeMs <= lapseMs);
  return beating.length === 0 ? [] : [...instances];
}

function pendingOf({ applied }: UpgradeFacts, { migrations }: ReleaseManifest): ManifestMigration[] {
  const done = new Set(
    applied.filter(({ state }) => state === "done").map(({ component, id }) => `${component} ${id}`),
  );
  return migrations.filter(({ component, id }) => !done.has(`${component} ${id}`));
}

/** Only answers requests; such instances are what front doors know where others work. */
export function isWeb({ roles }: InstanceFacts): boolean {
  return roles.every((role) => role === "api");
}

/** Each version once, oldest first. */
export function sortVersions(versions: readonly string[]): string[] {
  return [...new Set(versions)].toSorted((a, b) => compareVersions("semver", a, b));
}

/** Both are versions of this product, `1.2.3` or `1.2.3-rc.1`. */
export function isOlder(version: string, than: string): boolean {
  return compareVersions("semver", version, than) < 0;
}

function isText(value: string | null | undefined): value is string {
  return typeof value === "string";
}
