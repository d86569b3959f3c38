import type { Tx } from "../../platform/db/index.ts";
import type { EpochFollower } from "./epoch-follower.ts";
import { JoinRefusedError } from "./join-refused.ts";
import { type ClusterState, stateAfterJoin } from "./rules/cluster-state.ts";
import { whyNotJoin } from "./rules/skew.ts";
import { isHeardOf } from "./rules/view.ts";
import { lockClusterState, writeClusterState } from "./store/cluster-state.ts";
import { insertInstance, listInstances, markGone, type NewInstance } from "./store/instances.ts";

/** Who enters a cluster. */
export interface Entrant {
  instance: Omit<NewInstance, "gateEpoch">;
  /** The oldest version it may run beside. */
  minBesideVersion: string;
  follower: EpochFollower;
}

/**
 * Enters the registry under the lock of the cluster's row, so that nobody finalizes, rolls back or joins meanwhile. An older
 * instance it may not run beside keeps it out while it is heard of; one that is not is removed. Answers the state of the
 * cluster, whose epoch this process has taken over. Throws JoinRefusedError.
 */
export async function enterCluster(tx: Tx, { instance, minBesideVersion, follower }: Entrant): Promise<ClusterState> {
  const { id, version } = instance;
  const state = await lockClusterState(tx);
  const present = (await listInstances(tx)).filter((row) => row.state !== "gone");
  const build = { version, minBesideVersion };
  const refusal = whyNotJoin(build, { state, living: present.filter(isHeardOf) });
  if (refusal !== undefined) throw new JoinRefusedError(refusal);
  const silent = present.filter((row) => whyNotJoin(build, { state, living: [row] }) !== undefined);
  if (silent.length > 0) await markGone(tx, silent, id);
  const joined = stateAfterJoin(state, version);
  if (joined !== state) await writeClusterState(tx, joined, id);
  if (state.finalizedVersion === null) await follower.found(tx, state.epoch);
  await follower.follow(tx);
  await insertInstance(tx, { ...instance, gateEpoch: state.epoch });
  return joined;
}
