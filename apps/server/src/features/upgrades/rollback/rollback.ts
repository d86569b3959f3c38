import type { EngineClient } from "@evertrack/engine";
import { compareVersions } from "@evertrack/matching";
import type { Database, Tx } from "../../../platform/db/index.ts";
import type { Log } from "../../../platform/log/log.ts";
import {
  type ClusterState,
  type InstanceRow,
  listInstances,
  lockClusterState,
  writeClusterState,
} from "../../cluster/index.ts";
import { listBackfills, pauseBackfills } from "../backfills/index.ts";
import { backfillRunName } from "../backfills/workflows/run-backfill.ts";
import { finalizeBegun, type UpgradeRefusal, unknownRelease, unknownRuns } from "../finalize/reasons.ts";
import { closed } from "../finalize/transitions.ts";
import { readOpenRuns } from "../store/facts.ts";

/** Who goes back, and what it works with. */
export interface RollbackDeps {
  database: Database;
  client: EngineClient<Tx>;
  log: Log;
  version: string;
  /** Who does it; shown to operators. */
  by: string;
  /** The workflows a release knows; undefined for one this build has no record of. */
  workflowsOf(version: string): readonly string[] | undefined;
}

/** An instance to be replaced by the version before. */
export interface InstanceToReplace {
  id: string;
  version: string;
  /** It only answers requests. */
  isWeb: boolean;
}

/** `rolled-back`: the window is closed; `order` is in which order to replace what still runs. */
export type RollbackResult =
  | { outcome: "nothing-to-do" }
  | { outcome: "refused"; reasons: UpgradeRefusal[] }
  | { outcome: "rolled-back"; version: string; from: string; pausedBackfills: string[]; order: InstanceToReplace[] };

/**
 * Takes an upgrade back that is not finalized: backfills are paused, the window is closed, instances are to be replaced by the
 * version before. The schema stays as it is, the version before runs on it. May be called again after a kill.
 */
export async function rollbackUpgrade(deps: RollbackDeps): Promise<RollbackResult> {
  const { database, client, by, log } = deps;
  const first = await database.transaction((tx) => judge(deps, tx));
  if (Array.isArray(first)) return { outcome: "refused", reasons: first };
  if (first === "nothing-to-do") return { outcome: first };
  // Before the window is closed, so that a call that was cut short is repeated; their runs are unknown to older versions.
  const pausedBackfills = await pauseBackfills({ database, client });
  return database.transaction(async (tx) => {
    const found = await judge(deps, tx);
    if (Array.isArray(found)) return { outcome: "refused", reasons: found };
    if (found === "nothing-to-do") return { outcome: found };
    await writeClusterState(tx, closed(found.state), by);
    log.info({ from: found.from, to: found.version, by }, "the upgrade was taken back");
    const order = inOrder(await listInstances(tx), found.version);
    return { outcome: "rolled-back", version: found.version, from: found.from, pausedBackfills, order };
  });
}

interface WayBack {
  state: ClusterState;
  from: string;
  version: string;
}

async function judge(deps: RollbackDeps, tx: Tx): Promise<WayBack | "nothing-to-do" | UpgradeRefusal[]> {
  const state = await lockClusterState(tx);
  const { targetVersion, finalizedVersion, finalizeStep } = state;
  if (targetVersion === null || finalizedVersion === null) return "nothing-to-do";
  if (finalizeStep !== null) return [finalizeBegun(targetVersion, finalizedVersion)];
  const known = deps.workflowsOf(finalizedVersion);
  if (known === undefined) return [unknownRelease(deps.version, finalizedVersion)];
  // Pausing a backfill ends its run.
  const own = (await listBackfills(tx)).map(({ name }) => backfillRunName(name));
  const unknown = (await readOpenRuns(tx)).filter(({ workflow }) => ![...known, ...own].includes(workflow));
  if (unknown.length > 0) return unknown.map(({ workflow, runs }) => unknownRuns(workflow, runs, finalizedVersion));
  return { state, from: targetVersion, version: finalizedVersion };
}

/** Webs first: what newer webs hand to older workers they may not understand; the other way round everything is known. */
function inOrder(rows: readonly InstanceRow[], version: string): InstanceToReplace[] {
  return rows
    .filter((row) => row.state !== "gone" && compareVersions("semver", row.version, version) > 0)
    .map((row) => ({ id: row.id, version: row.version, isWeb: !row.roles.includes("worker") }))
    .toSorted((a, b) => Number(b.isWeb) - Number(a.isWeb));
}
