import { type InstanceFacts, situationOf, type UpgradeFacts } from "../../../features/upgrades/index.ts";
import type { WordContext } from "../word.ts";
import type { UpgradeRequest } from "./arguments.ts";
import { type Look, look } from "./look.ts";

const EXIT_OK = 0;
const MINUTE_MS = 60_000;

/** Prints how far an upgrade has come. */
export async function status(context: WordContext, { json }: UpgradeRequest): Promise<number> {
  const seen = await look(context);
  context.write(json ? `${JSON.stringify(publicStatus(seen))}\n` : `${statusLines(seen).join("\n")}\n`);
  return EXIT_OK;
}

/** As `--json` prints it. */
function publicStatus({ facts, manifest }: Look) {
  const { stage, living, versions, pending } = situationOf(facts, manifest);
  const { cluster, instances, applied, migrationLock, backfills, backups, openGates } = facts;
  return {
    build: manifest.version,
    stage,
    cluster: cluster ?? null,
    wayBackOpen: wayBackOpen(facts),
    versions: versions.map((version) => ({
      version,
      instances: living.filter((one) => one.version === version).length,
    })),
    instances,
    migrations: {
      applied: applied.length,
      pending: pending.map(({ component, id, phase, release }) => ({ component, id, phase, release })),
      unfinished: applied.filter(({ state }) => state === "running").map(({ component, id }) => ({ component, id })),
      lock: migrationLock ?? null,
    },
    backfills,
    gates: manifest.gates.map(({ name, release }) => ({ name, release, open: openGates.includes(name) })),
    backups,
  };
}

function statusLines({ facts, manifest }: Look): string[] {
  const { living, pending } = situationOf(facts, manifest);
  const pendingText = (["expand", "contract"] as const)
    .map((phase) => `${pending.filter((one) => one.phase === phase).length} ${phase}`)
    .join(", ");
  return [
    ...clusterLines(facts),
    `This build: ${manifest.version}`,
    "",
    living.length === 0 ? "Instances: none" : "Instances:",
    ...living.map((instance) => `  ${instanceText(instance, facts.cluster?.epoch)}`),
    "",
    `Migrations: ${facts.applied.length} applied; pending for this build: ${pendingText}`,
    ...facts.applied
      .filter(({ state }) => state === "running")
      .map(({ component, id }) => `  unfinished: ${component}/${id}`),
    ...(facts.migrationLock === undefined ? [] : ["  the migration lock is held (evertrack migrate --lock --show)"]),
    facts.backfills.length === 0 ? "Backfills: none" : "Backfills:",
    ...facts.backfills.map((backfill) => `  ${backfillText(backfill)}`),
    manifest.gates.length === 0 ? "Gates: none" : "Gates:",
    ...manifest.gates.map(
      ({ name, release }) =>
        `  ${name} (${release}): ${facts.openGates.includes(name) ? "open" : "opens when finalized"}`,
    ),
    backupText(facts),
  ];
}

function clusterLines(facts: UpgradeFacts): string[] {
  const { cluster } = facts;
  if (cluster === undefined) return ["Cluster: nothing is installed in this database"];
  const { finalizedVersion, targetVersion, windowAgeMs, finalizeStep, epoch, minJoinVersion } = cluster;
  const way =
    targetVersion === null ? "no upgrade is going on" : `on the way to ${targetVersion} for ${age(windowAgeMs)}`;
  return [
    `Cluster: finalized at ${finalizedVersion ?? "no version yet"}; ${way}; epoch ${epoch}`,
    ...(finalizeStep === null ? [] : [`Finalizing: at the step ${finalizeStep}`]),
    ...(targetVersion === null
      ? []
      : [
          wayBackOpen(facts)
            ? "The way back is open."
            : `There is no way back; instances join from ${minJoinVersion} on.`,
        ]),
  ];
}

/** Until finalizing has begun. */
function wayBackOpen({ cluster }: UpgradeFacts): boolean {
  return cluster !== undefined && cluster.targetVersion !== null && cluster.finalizeStep === null;
}

function instanceText(instance: InstanceFacts, epoch: number | undefined): string {
  const { id, version, roles, state, leader, heartbeatAgeMs, gateEpoch } = instance;
  const behind = epoch !== undefined && gateEpoch < epoch ? `, has not acknowledged epoch ${epoch}` : "";
  return `${id}  ${version}  ${state}${leader ? ", leads" : ""}  ${roles.join(",")}  heard of ${(heartbeatAgeMs / 1000).toFixed(1)} s ago${behind}`;
}

function backfillText({
  name,
  release,
  status: state,
  rowsDone,
  rowsEstimated,
  rowsPerS,
  lastError,
}: UpgradeFacts["backfills"][number]): string {
  const percent = rowsEstimated === 0 ? "" : ` (${Math.min(100, Math.floor((100 * rowsDone) / rowsEstimated))} %)`;
  const speed = rowsPerS === null || state !== "RUNNING" ? "" : `, ${Math.round(rowsPerS)} rows/s`;
  const error = lastError === null ? "" : `, last error: ${lastError}`;
  return `${name} (${release}): ${state}, ${rowsDone} of about ${rowsEstimated} rows${percent}${speed}${error}`;
}

function backupText({ backups: { verifiedTakenAgeMs } }: UpgradeFacts): string {
  return verifiedTakenAgeMs === null
    ? "Backup: none that was verified"
    : `Backup: the newest verified one is ${age(verifiedTakenAgeMs)} old`;
}

function age(ms: number | null): string {
  const minutes = Math.round((ms ?? 0) / MINUTE_MS);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}
