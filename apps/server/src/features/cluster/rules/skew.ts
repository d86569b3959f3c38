import { compareVersions } from "@evertrack/matching";
import type { ClusterState } from "./cluster-state.ts";

/** A build that asks to join; both are versions of this product, `1.2.3` or `1.2.3-rc.1`. */
export interface JoiningBuild {
  version: string;
  /** The oldest version it may run beside. */
  minBesideVersion: string;
}

/** What is known of a cluster before anything is written. A database that no instance has joined yet has no state. */
export interface ClusterFacts {
  state: Pick<ClusterState, "minJoinVersion" | "finalizedVersion" | "targetVersion" | "finalizeStep"> | undefined;
  /** Instances that are heard of. */
  living: readonly { id: string; version: string }[];
}

/** Why a build may not run in this cluster, with what to do; undefined when it may. */
export function whyNotJoin({ version, minBesideVersion }: JoiningBuild, facts: ClusterFacts): string | undefined {
  const { state, living } = facts;
  if (state === undefined) return undefined;
  const { minJoinVersion, finalizedVersion, targetVersion, finalizeStep } = state;
  if (isOlder(version, minJoinVersion)) return tooOld(version, minJoinVersion);
  if (finalizedVersion !== null && isOlder(finalizedVersion, minBesideVersion))
    return (
      `version ${version} is too far ahead of this cluster, whose last finalized version is ${finalizedVersion}: it takes over ` +
      `from ${minBesideVersion} on; upgrade to a version in between first and finalize that`
    );
  const tooOldBeside = living.find((instance) => isOlder(instance.version, minBesideVersion));
  if (tooOldBeside !== undefined)
    return (
      `version ${version} may not run beside ${tooOldBeside.id} of version ${tooOldBeside.version}, only beside ` +
      `${minBesideVersion} and later; replace that instance by such a version first`
    );
  if (finalizeStep !== null && targetVersion !== null && isOlder(targetVersion, version))
    return (
      `version ${version} has to wait: the upgrade to ${targetVersion} is being finalized (${finalizeStep}); ` +
      `see it through with version ${targetVersion} (evertrack upgrade finalize), then start ${version}`
    );
  return undefined;
}

/** Why a build may not use a database that a later one has contracted; undefined when it may. */
export function whyNotUse(version: string, unknownContracts: readonly string[]): string | undefined {
  return unknownContracts.length === 0
    ? undefined
    : `version ${version} is too old for this database, from which a later version has taken away what it needs ` +
        `(${unknownContracts.join(", ")}); start a newer version, or restore a backup`;
}

function tooOld(version: string, leastVersion: string): string {
  return (
    `version ${version} is too old for this cluster, which takes instances from ${leastVersion} on; ` +
    `the upgrade to it is final, so start a newer version`
  );
}

function isOlder(version: string, than: string): boolean {
  return compareVersions("semver", version, than) < 0;
}
