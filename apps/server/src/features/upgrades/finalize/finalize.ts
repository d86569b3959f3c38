/**
 * Finalizing an upgrade, as a protocol. What is done next stands in the row of the cluster (`finalize_step`), so that it goes on
 * there after a kill at any moment, in this process or another:
 *
 *   begin               under the lock that joins take too: refuse, or shut out older versions; the way back ends; epoch + 1
 *   acknowledge-joins   every living instance has taken over that epoch
 *   verify-backfills    a last pass where rows are left, counted exactly; then open the gates of the target; epoch + 1
 *   acknowledge-gates   every living instance goes by the open gates; runs that remember them as closed have ended
 *   contract            what the release before needed is taken away, by the role that owns the tables
 *   (done)              the target is the finalized version, the window is closed
 *
 * Several processes may finalize at once: each step can be done twice, and moving on compares step and epoch under the lock.
 */
import { FINALIZE_STEPS, readClusterState } from "../../cluster/index.ts";
import { beginFinalize } from "./begin.ts";
import type { FinalizeDeps } from "./deps.ts";
import { otherBuild, type UpgradeRefusal } from "./reasons.ts";
import { doStep } from "./steps.ts";

/** Each turn does a step, or sees that another process did it. */
const TURNS_MAX = 4 * FINALIZE_STEPS.length;

/** `refused`: not now; what was done stays done, and a next call goes on from there. */
export type FinalizeResult =
  | { outcome: "finalized" | "nothing-to-do"; version: string }
  | { outcome: "refused"; reasons: UpgradeRefusal[] };

/** Finalizes the upgrade to this build's version, or says why not. Throws what a step throws; see the protocol above. */
export async function finalizeUpgrade(deps: FinalizeDeps): Promise<FinalizeResult> {
  const { database, version, signal } = deps;
  let took = false;
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    signal?.throwIfAborted();
    const state = await readClusterState(database.db);
    const { finalizeStep, targetVersion } = state;
    if (finalizeStep === null) {
      const beginning = await beginFinalize(deps);
      if (beginning === "nothing-to-do") return { outcome: took ? "finalized" : beginning, version };
      if (beginning !== "begun") return { outcome: "refused", reasons: beginning };
      continue;
    }
    if (targetVersion !== version) return { outcome: "refused", reasons: [otherBuild(version, targetVersion ?? "?")] };
    took = true;
    const reasons = await doStep(deps, state, finalizeStep);
    if (reasons.length > 0) return { outcome: "refused", reasons };
  }
  throw new Error(`finalizing did not come to an end within ${TURNS_MAX} turns`);
}
