import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** Which versions may join, and how far upgrades are finalized. */
export interface ClusterStateRow {
  min_join_version: string;
  finalized_version: string | null;
  epoch: number;
}

/** Locks the row for share: it does not change before the transaction ends, and others may join meanwhile. */
export async function lockForJoin(tx: Tx): Promise<ClusterStateRow> {
  const { rows } = await sql<ClusterStateRow>`/* cluster.lockForJoin */
    select min_join_version, finalized_version, epoch from cluster_state where id = 1 for share`.execute(tx);
  return theRow(rows);
}

export async function readClusterState(db: Db): Promise<ClusterStateRow> {
  const { rows } = await sql<ClusterStateRow>`/* cluster.readState */
    select min_join_version, finalized_version, epoch from cluster_state where id = 1`.execute(db);
  return theRow(rows);
}

function theRow(rows: readonly ClusterStateRow[]): ClusterStateRow {
  const [row] = rows;
  if (row === undefined) throw new Error("cluster_state has lost its row");
  return row;
}
