import { compareVersions } from "@evertrack/matching";
import { type ClusterState, FINALIZE_STEPS, type FinalizeStep } from "../../cluster/index.ts";

/** Joins of older versions are over from here on: the way back ends. Every instance has to acknowledge it. */
export function begun(state: ClusterState, targetVersion: string): ClusterState {
  return {
    ...state,
    targetVersion,
    minJoinVersion: newerOf(state.minJoinVersion, targetVersion),
    finalizeStep: FINALIZE_STEPS[0],
    epoch: state.epoch + 1,
  };
}

/** Steps after which every instance has to acknowledge something new. */
const OPENS_GATES: FinalizeStep = "verify-backfills";

/** The state after its step was done; after the last one the window is closed. */
export function passed(state: ClusterState): ClusterState {
  const { finalizeStep, targetVersion } = state;
  const next = finalizeStep === null ? undefined : FINALIZE_STEPS[FINALIZE_STEPS.indexOf(finalizeStep) + 1];
  if (next === undefined) return closed({ ...state, finalizedVersion: targetVersion });
  return { ...state, finalizeStep: next, epoch: state.epoch + (opensGates(state) ? 1 : 0) };
}

/** Whether leaving this step opens the gates of the target. */
export function opensGates({ finalizeStep }: ClusterState): boolean {
  return finalizeStep === OPENS_GATES;
}

/** No upgrade is going on. */
export function closed(state: ClusterState): ClusterState {
  return { ...state, targetVersion: null, windowOpenedAt: null, windowAgeMs: null, finalizeStep: null };
}

function newerOf(version: string, other: string): string {
  return compareVersions("semver", version, other) >= 0 ? version : other;
}
