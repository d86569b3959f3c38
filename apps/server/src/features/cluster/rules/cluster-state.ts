import { compareVersions } from "@evertrack/matching";

/** What finalizing does next, in this order; features/upgrades/finalize tells the protocol. */
export const FINALIZE_STEPS = ["acknowledge-joins", "verify-backfills", "acknowledge-gates", "contract"] as const;

export type FinalizeStep = (typeof FINALIZE_STEPS)[number];

export function isFinalizeStep(text: string): text is FinalizeStep {
  return FINALIZE_STEPS.some((step) => step === text);
}

/** Which versions may join, how far upgrades are finalized, and what is going on. Times are of the database's clock. */
export interface ClusterState {
  minJoinVersion: string;
  /** What the version before this one needs is gone; null before the first instance has joined. */
  finalizedVersion: string | null;
  /** The version the cluster is on its way to; null when no upgrade is going on. */
  targetVersion: string | null;
  windowOpenedAt: Date | null;
  windowAgeMs: number | null;
  finalizeStep: FinalizeStep | null;
  /** Grows with every change that all instances have to acknowledge. */
  epoch: number;
  changedBy: string | null;
  changedAt: Date;
  readAt: Date;
}

/**
 * The state after an instance of this version has joined: the first one ever finds a database that needs nothing of an earlier
 * version, a newer one opens the window of an upgrade. The same object when nothing changes.
 */
export function stateAfterJoin(state: ClusterState, version: string): ClusterState {
  const { finalizedVersion, targetVersion, windowOpenedAt, windowAgeMs, readAt } = state;
  if (finalizedVersion === null) return { ...state, finalizedVersion: version };
  if (compareVersions("semver", version, targetVersion ?? finalizedVersion) <= 0) return state;
  return { ...state, targetVersion: version, windowOpenedAt: windowOpenedAt ?? readAt, windowAgeMs: windowAgeMs ?? 0 };
}
