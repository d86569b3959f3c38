import type { Database, Tx } from "../../../platform/db/index.ts";
import type { UpgradeFacts } from "../rules/facts.ts";
import {
  type FactTable,
  lookOnly,
  presentTables,
  readApplied,
  readBackfills,
  readBackups,
  readCluster,
  readInstances,
  readOpenRuns,
  readStuckRuns,
} from "../store/facts.ts";
import { listOpenGates } from "../store/gates.ts";

/** What the database itself shows; who migrates, and what migrations would lock, the migrator knows. */
export type DatabaseFacts = Omit<UpgradeFacts, "migrationLock" | "locks">;

/** One look at the database, all of it at one point of time. Changes nothing. */
export function readFacts(database: Database): Promise<DatabaseFacts> {
  return database.transaction(async (tx) => {
    await lookOnly(tx);
    const present = await presentTables(tx);
    const read = <T>(table: FactTable, from: (tx: Tx) => Promise<T>, otherwise: T) =>
      present.has(table) ? from(tx) : Promise.resolve(otherwise);
    return {
      applied: await read("evertrack_schema_migration", readApplied, []),
      cluster: await read("cluster_state", readCluster, undefined),
      instances: await read("cluster_instance", readInstances, []),
      backfills: await read("backfill", readBackfills, []),
      backups: await read("backup_record", readBackups, { takenAgeMs: null, verifiedTakenAgeMs: null }),
      openGates: (await read("cluster_gate", listOpenGates, [])).map(({ name }) => name),
      openRuns: await read("wf_run", readOpenRuns, []),
      stuckRuns: await read("wf_run", readStuckRuns, []),
    };
  });
}
