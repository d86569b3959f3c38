import { until } from "../../harness/until.ts";
import type { Observer } from "../../harness/witness/audit.ts";

const TIMEOUT_MS = 120_000;

interface BackfillRow {
  name: string;
  status: string;
  rows_done: string;
}

/** Waits until every backfill the cluster knows is done; what it says of them. */
export async function untilBackfilled(observer: Observer): Promise<string> {
  const rows = await until("the backfills are done", TIMEOUT_MS, async () => {
    const all = await observer.rows<BackfillRow>("select name, status, rows_done from backfill order by name");
    return all.every(({ status }) => status === "DONE") ? all : undefined;
  });
  return rows.map(({ name, rows_done: done }) => `${name} (${done} rows)`).join(", ") || "none";
}
