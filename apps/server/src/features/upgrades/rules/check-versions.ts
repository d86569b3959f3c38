import type { ReleaseManifest } from "../manifest/manifest.ts";
import type { UpgradeFacts } from "./facts.ts";
import { type Reason, reason } from "./reasons.ts";
import { isOlder, type Situation, sortVersions } from "./situation.ts";

/** Reasons that lie in the versions: of the build, of what runs, of what was finalized. */
export function checkVersions(facts: UpgradeFacts, manifest: ReleaseManifest, situation: Situation): Reason[] {
  if (situation.stage === "back") return [...finalizeUnfinished(facts, situation), wayBack(facts, situation)];
  return [
    ...versionGap(facts, manifest, situation),
    ...fullStops(manifest, situation),
    ...finalizeUnfinished(facts, situation),
    ...mixedVersions(facts, situation),
    ...notFinalized(facts, situation),
  ];
}

/** Until an upgrade is finalized its way back is open. */
function wayBack({ cluster }: UpgradeFacts, { to, versions }: Situation): Reason {
  const finalized = cluster?.finalizedVersion ?? "0.0.0";
  const least = sortVersions([finalized, cluster?.minJoinVersion ?? "0.0.0"]).at(-1) ?? finalized;
  if (isOlder(to, least))
    return reason(
      "downgrade",
      `${to} is older than this cluster takes: the upgrade to ${least} is final`,
      `Use ${least} or a later version. To go back all the same, stop every instance and restore a backup taken with ${to}.`,
    );
  const newest = versions.at(-1) ?? cluster?.targetVersion ?? "a later version";
  return reason(
    "going-back",
    `${to} is the way back from ${newest}, which is not finalized`,
    "Run `evertrack upgrade rollback`, then replace webs first, workers after them.",
  );
}

function versionGap({ cluster }: UpgradeFacts, manifest: ReleaseManifest, situation: Situation): Reason[] {
  const { minBesideVersion, version } = manifest;
  const { finalizedVersion, targetVersion } = cluster ?? {};
  const present = [...situation.versions, ...(finalizedVersion ? [finalizedVersion] : [])];
  const [oldest] = sortVersions(present);
  if (oldest === undefined || !isOlder(oldest, minBesideVersion)) return [];
  // What only has to be finalized first needs no version in between.
  if (targetVersion && !situation.versions.some((one) => isOlder(one, minBesideVersion))) return [];
  const stones = steppingStones(oldest, manifest);
  const way = stones === undefined ? "no released version leads there" : [oldest, ...stones].join(" → ");
  return [
    reason(
      "version-gap",
      `${version} takes over from ${minBesideVersion} and later; this cluster is at ${oldest}`,
      `Upgrade in steps and finalize each (\`evertrack upgrade finalize\`): ${way}.`,
    ),
  ];
}

/** The fewest versions to go through, the build's own last; undefined when there is no way. */
export function steppingStones(from: string, { releases, version }: ReleaseManifest): string[] | undefined {
  const stones: string[] = [];
  for (let at = from; at !== version; ) {
    const next = releases.findLast((one) => isOlder(at, one.version) && !isOlder(at, one.minBesideVersion));
    if (next === undefined) return undefined;
    stones.push(next.version);
    at = next.version;
  }
  return stones;
}

function fullStops({ releases }: ReleaseManifest, { stage, from, to, living }: Situation): Reason[] {
  if (stage !== "forward" || from === undefined || living.length === 0) return [];
  return releases
    .filter(({ version }) => isOlder(from, version) && !isOlder(to, version))
    .flatMap(({ version, fullStop }) => (fullStop === undefined ? [] : [fullStopReason(version, fullStop)]));
}

function fullStopReason(version: string, why: string): Reason {
  return reason(
    "full-stop-release",
    `${version} demands that all instances are stopped: ${why}`,
    "Plan an interruption and follow docs/upgrading/full-stop.md.",
  );
}

function finalizeUnfinished({ cluster }: UpgradeFacts, { stage }: Situation): Reason[] {
  if (!cluster?.finalizeStep || stage === "current") return [];
  const target = cluster.targetVersion ?? "the target";
  return [
    reason(
      "finalize-unfinished",
      `the upgrade to ${target} is being finalized, or its end was interrupted (step: ${cluster.finalizeStep})`,
      `Run \`evertrack upgrade finalize\` with version ${target}; it goes on where it was.`,
    ),
  ];
}

function mixedVersions({ cluster }: UpgradeFacts, { stage, to, versions }: Situation): Reason[] {
  const allowed = stage === "under-way" ? versions.filter((version) => version !== to) : versions;
  if (allowed.length < 2) return [];
  const target = cluster?.targetVersion;
  const goal = target && target !== to ? `the upgrade to ${target} is going on` : "an upgrade is going on";
  return [
    reason(
      "mixed-versions",
      `${goal}: instances of ${versions.join(", ")} run`,
      "Bring all instances to one version first: see the upgrade through and finalize it, or go back with `evertrack upgrade rollback`.",
    ),
  ];
}

/** Everything runs the version before, or this one, and what only an older one needed is still there. */
function notFinalized({ cluster }: UpgradeFacts, situation: Situation): Reason[] {
  const { stage, from, to, versions, pending } = situation;
  const target = cluster?.targetVersion;
  if (stage === "current" && pending.length > 0) return [interruptedInstallation(to, pending)];
  if (stage !== "forward" || versions.length > 1) return [];
  const owed = pending.filter(
    ({ phase, release }) => phase === "contract" && from !== undefined && !isOlder(from, release),
  );
  const open = target && target !== to ? target : owed[0]?.release;
  if (open === undefined || open === to) return [];
  const files = owed.length === 0 ? "" : `; still to be run: ${owed.map(({ id }) => id).join(", ")}`;
  return [
    reason(
      "upgrade-not-finalized",
      `the upgrade to ${open} is not finalized${files}`,
      `Run \`evertrack upgrade finalize\` with version ${open}, then check again.`,
    ),
  ];
}

function interruptedInstallation(version: string, pending: Situation["pending"]): Reason {
  return reason(
    "upgrade-not-finalized",
    `the installation of ${version} was interrupted; still to be run: ${pending.map(({ id }) => id).join(", ")}`,
    `Run \`evertrack upgrade finalize\` with version ${version}.`,
  );
}
