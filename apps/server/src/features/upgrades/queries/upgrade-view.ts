import type { UpgradeResponse } from "@evertrack/contract/v2/upgrade";
import { type ClusterState, type InstanceRow, listInstances, readClusterState } from "../../cluster/index.ts";
import { listBackfills } from "../backfills/index.ts";
import { wouldFinalize } from "../finalize/begin.ts";
import { conditionsOf } from "../finalize/conditions.ts";
import type { FinalizeDeps } from "../finalize/deps.ts";
import { pendingFiles } from "../finalize/owned-schema.ts";
import type { Gate } from "../gates/registry.ts";
import { listOpenGates, type OpenGate } from "../store/gates.ts";
import { listDoneMigrations } from "../store/schema.ts";

const STATES = { starting: "STARTING", ready: "READY", draining: "DRAINING" } as const;

/** The upgrade of the cluster as it is now, and what is in the way of finalizing it. */
export async function readUpgrade(deps: FinalizeDeps): Promise<UpgradeResponse> {
  const { db } = deps.database;
  const state = await readClusterState(db);
  const rows = await listInstances(db);
  const pending = await pendingFiles(db, deps.components);
  const would = await wouldFinalize(deps);
  return {
    version: deps.version,
    ...presentState(state),
    instances: rows.flatMap((row) => presentInstance(row, state.epoch)),
    gates: presentGates(deps.gates, await listOpenGates(db)),
    backfills: await listBackfills(db),
    migrations: {
      applied: (await listDoneMigrations(db)).size,
      pending: [...presentFiles(pending.expand, "expand"), ...presentFiles(pending.contract, "contract")],
    },
    guards: Array.isArray(would) ? would : [],
    conditions: conditionsOf(would, state, deps.version, rows),
  };
}

function presentState(state: ClusterState) {
  const { finalizedVersion, targetVersion, windowOpenedAt, windowAgeMs, finalizeStep, changedBy } = state;
  return {
    state: stateWord(state),
    ...(finalizedVersion === null ? {} : { finalized_version: finalizedVersion }),
    ...(targetVersion === null ? {} : { target_version: targetVersion }),
    min_join_version: state.minJoinVersion,
    epoch: state.epoch,
    ...(windowOpenedAt === null ? {} : { window_opened_at: windowOpenedAt.getTime() }),
    ...(windowAgeMs === null ? {} : { window_age_ms: Math.round(windowAgeMs) }),
    ...(finalizeStep === null ? {} : { finalize_step: finalizeStep }),
    ...(changedBy === null ? {} : { changed_by: changedBy }),
    changed_at: state.changedAt.getTime(),
  };
}

function stateWord({ targetVersion, finalizeStep }: ClusterState): UpgradeResponse["state"] {
  if (finalizeStep !== null) return "FINALIZING";
  return targetVersion === null ? "NONE" : "OPEN";
}

function presentInstance({ id, version, state, gateEpoch }: InstanceRow, epoch: number): UpgradeResponse["instances"] {
  return state === "gone" ? [] : [{ id, version, state: STATES[state], acknowledged: gateEpoch >= epoch }];
}

function presentGates(declared: readonly Gate[], open: readonly OpenGate[]): UpgradeResponse["gates"] {
  const closed = declared.filter(({ name }) => !open.some((gate) => gate.name === name));
  return [
    ...open.map(({ name, release, openedAt }) => ({ name, release, open: true, opened_at: openedAt.getTime() })),
    ...closed.map(({ name, release }) => ({ name, release, open: false })),
  ];
}

function presentFiles(names: readonly string[], phase: "expand" | "contract") {
  return names.map((name) => {
    const [component = "", id = ""] = name.split("/");
    return { component, id, phase };
  });
}
