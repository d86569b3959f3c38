import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../../platform/db/index.ts";
import { compareLook, type InstanceRow, listInstances, markGone, type Observations } from "../../cluster/index.ts";

const LOOK_EVERY_MS = 500;
/** After a pause as long as this between two looks nobody's silence is held against him. */
const LOOK_GAP_MAX_MS = 10_000;

interface Waiting {
  database: Database;
  epoch: number;
  /** Who waits; stands in the rows of instances found to be gone. */
  by: string;
  waitMaxMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * Waits until every instance that is not gone has taken over an epoch. One whose heartbeat stands still for its lapse time while
 * this process looks is removed, as any member would do: it may be that no member is left. Answers who has not acknowledged
 * when the time is over.
 */
export async function waitAcknowledged({ database, epoch, by, waitMaxMs, signal }: Waiting): Promise<string[]> {
  const deadlineMs = performance.now() + waitMaxMs;
  let observations: Observations = new Map();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    signal?.throwIfAborted();
    const askedAtMs = performance.now();
    const rows = (await listInstances(database.db)).filter(({ state }) => state !== "gone");
    const behind = rows.filter(({ gateEpoch }) => gateEpoch < epoch).map(({ id }) => id);
    if (behind.length === 0 || askedAtMs > deadlineMs) return behind;
    const earlier = askedAtMs - lookedAtMs > LOOK_GAP_MAX_MS ? new Map() : observations;
    lookedAtMs = performance.now();
    observations = await sweep(database, by, { earlier, rows, askedAtMs, answeredAtMs: lookedAtMs });
    await delay(LOOK_EVERY_MS, undefined, signal === undefined ? {} : { signal });
  }
}

interface Look {
  earlier: Observations;
  rows: readonly InstanceRow[];
  askedAtMs: number;
  answeredAtMs: number;
}

async function sweep(database: Database, by: string, { earlier, ...look }: Look): Promise<Observations> {
  const { observations, lapsed } = compareLook(earlier, { ownId: "", ownLapseMs: 0, ...look });
  if (lapsed.length > 0) await database.transaction((tx) => markGone(tx, lapsed, by));
  return observations;
}
