import { compareVersions } from "@evertrack/matching";
import type { Tx } from "../../../platform/db/index.ts";
import {
  type ClusterState,
  listInstances,
  lockClusterState,
  readClusterState,
  writeClusterState,
} from "../../cluster/index.ts";
import { type Backfill, listBackfills } from "../backfills/index.ts";
import type { FinalizeDeps } from "./deps.ts";
import { pendingFiles, withoutRights } from "./owned-schema.ts";
import {
  missingRights,
  olderInstance,
  otherBuild,
  pendingExpand,
  type UpgradeRefusal,
  unfinishedBackfill,
} from "./reasons.ts";
import { begun } from "./transitions.ts";

/** `begun`: by this call or another process. */
export type Beginning = "begun" | "nothing-to-do" | UpgradeRefusal[];

/** Shuts out older versions, under the lock that joins take too, or says why not; then nothing was changed. */
export async function beginFinalize(deps: FinalizeDeps): Promise<Beginning> {
  const { database, version, by, log } = deps;
  const schema = await lookAtSchema(deps);
  return database.transaction(async (tx) => {
    const state = await lockClusterState(tx);
    const found = await judge(deps, tx, state, schema);
    if (found !== "may-begin") return found;
    await writeClusterState(tx, begun(state, version), by);
    log.info({ version, by }, "finalizing the upgrade: older versions may not join any more");
    return "begun";
  });
}

/** What beginning would answer now; `may-begin` when nothing is in its way. Changes nothing. */
export async function wouldFinalize(deps: FinalizeDeps): Promise<Beginning | "may-begin"> {
  const schema = await lookAtSchema(deps);
  return deps.database.transaction(async (tx) => judge(deps, tx, await readClusterState(tx), schema));
}

interface SchemaFindings {
  refusals: UpgradeRefusal[];
  /** Contract migrations of this build that have not run. */
  contracts: string[];
}

/** Asked before the cluster's row is locked, because it takes connections of its own. */
async function lookAtSchema({ database, components, log }: FinalizeDeps): Promise<SchemaFindings> {
  const pending = await pendingFiles(database.db, components);
  const lacking = pending.contract.length === 0 ? [] : await withoutRights(components, log);
  const refusals = [
    ...(pending.expand.length === 0 ? [] : [pendingExpand(pending.expand)]),
    ...lacking.map(missingRights),
  ];
  return { refusals, contracts: pending.contract };
}

async function judge(
  { version, backfills }: FinalizeDeps,
  tx: Tx,
  { targetVersion, finalizedVersion, finalizeStep }: ClusterState,
  schema: SchemaFindings,
): Promise<Beginning | "may-begin"> {
  if (finalizeStep !== null) return "begun";
  // A new installation that was interrupted has no window, but contract migrations that are left.
  const owes = finalizedVersion === version && schema.contracts.length > 0;
  if (targetVersion === null && !owes) return "nothing-to-do";
  const target = targetVersion ?? version;
  if (target !== version) return [otherBuild(version, target)];
  const refusals = [
    ...(await olderInstances(tx, target)),
    ...(await unfinishedBackfills(tx, target, backfills)),
    ...schema.refusals,
  ];
  return refusals.length === 0 ? "may-begin" : refusals;
}

/** Every instance that is not gone counts: one that is only silent may come back. */
async function olderInstances(tx: Tx, target: string): Promise<UpgradeRefusal[]> {
  const rows = await listInstances(tx);
  return rows
    .filter(({ state, version }) => state !== "gone" && isUpTo(version, target) && version !== target)
    .map(({ id, version }) => olderInstance(id, version, target));
}

async function unfinishedBackfills(tx: Tx, target: string, declared: readonly Backfill[]): Promise<UpgradeRefusal[]> {
  const rows = await listBackfills(tx);
  const open = rows.filter(({ status, release }) => status !== "DONE" && isUpTo(release, target));
  const unknown = declared.filter(({ name }) => !rows.some((row) => row.name === name));
  return [
    ...open.map(({ name, status }) => unfinishedBackfill(name, status, null)),
    ...unknown.map(({ name }) => unfinishedBackfill(name, "not begun", null)),
  ];
}

function isUpTo(version: string, target: string): boolean {
  return compareVersions("semver", version, target) <= 0;
}
