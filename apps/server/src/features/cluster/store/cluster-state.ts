import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { type ClusterState, isFinalizeStep } from "../rules/cluster-state.ts";

type Selected = Omit<ClusterState, "finalizeStep" | "windowAgeMs"> & {
  finalizeStep: string | null;
  windowAgeMs: number | null;
};

const columns = sql`min_join_version as "minJoinVersion", finalized_version as "finalizedVersion",
  target_version as "targetVersion", window_opened_at as "windowOpenedAt",
  (extract(epoch from clock_timestamp() - window_opened_at) * 1000)::float8 as "windowAgeMs",
  finalize_step as "finalizeStep", epoch, changed_by as "changedBy", changed_at as "changedAt", clock_timestamp() as "readAt"`;

/** Locks the row until the transaction ends: nobody joins, finalizes or rolls back meanwhile; who only reads is not held up. */
export async function lockClusterState(tx: Tx): Promise<ClusterState> {
  const { rows } = await sql<Selected>`/* cluster.lockState */
    select ${columns} from cluster_state where id = 1 for no key update`.execute(tx);
  return theRow(rows);
}

export async function readClusterState(db: Db): Promise<ClusterState> {
  const { rows } = await sql<Selected>`/* cluster.readState */
    select ${columns} from cluster_state where id = 1`.execute(db);
  return theRow(rows);
}

/** Writes a row that was read under the lock of this transaction. */
export async function writeClusterState(tx: Tx, state: ClusterState, by: string): Promise<void> {
  await sql`/* cluster.writeState */
    update cluster_state set min_join_version = ${state.minJoinVersion}, finalized_version = ${state.finalizedVersion},
      target_version = ${state.targetVersion}, window_opened_at = ${state.windowOpenedAt},
      finalize_step = ${state.finalizeStep}, epoch = ${state.epoch}, changed_by = ${by}, changed_at = clock_timestamp()
    where id = 1`.execute(tx);
}

function theRow(rows: readonly Selected[]): ClusterState {
  const [row] = rows;
  if (row === undefined) throw new Error("cluster_state has lost its row");
  const { finalizeStep } = row;
  if (finalizeStep !== null && !isFinalizeStep(finalizeStep))
    throw new Error(`cluster_state is at the step ${finalizeStep}, which this build does not know`);
  return { ...row, finalizeStep };
}
