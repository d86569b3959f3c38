import type { ActivityContext } from "@evertrack/engine/authoring";
import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { MATCH_BATCH_SIZE, type MatchChanges, matchIdentities } from "../../findings/index.ts";
import { markProjectsOfIdentities } from "../../metrics/index.ts";

/** Matches told per event; the rest is only counted. */
const EVENT_MATCHES_MAX = 1_000;
/** 300 million identities: a bound for the loop, not for portfolios. */
const BATCHES_MAX = 60_000;

interface BatchSource {
  /** Identity ids after `afterId`, ascending, at most `limit`. */
  next(afterId: number, limit: number): Promise<number[]>;
  /** Left out when projects are marked for new metrics: it computes its own. */
  exceptProjectId?: number;
}

interface BatchResult {
  lastId: number;
  changed: number;
}

/**
 * Matches identities batch by batch; each batch is a transaction of its own with its event and marks, exactly once.
 * Returns how many matches changed.
 */
export async function matchInBatches(
  context: ActivityContext<Tx>,
  source: BatchSource,
): Promise<{ batches: number; changed: number }> {
  let afterId = 0;
  let changed = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    context.signal.throwIfAborted();
    const identityIds = await source.next(afterId, MATCH_BATCH_SIZE);
    const lastId = identityIds.at(-1);
    if (lastId === undefined) return { batches: batch, changed };
    const name = `match:${afterId}`;
    const result = await context.tx<BatchResult>(name, async (tx) => {
      const changes = await matchIdentities(tx, identityIds);
      await announce(context, tx, name, changes, source.exceptProjectId);
      return { lastId, changed: changes.added.length + changes.removed.length };
    });
    afterId = result.lastId;
    changed += result.changed;
  }
  throw new Error(`more than ${BATCHES_MAX} batches of identities`);
}

async function announce(
  context: ActivityContext<Tx>,
  tx: Tx,
  name: string,
  changes: MatchChanges,
  exceptProjectId: number | undefined,
): Promise<void> {
  const { added, removed } = changes;
  if (added.length === 0 && removed.length === 0) return;
  const identityIds = [...new Set([...added, ...removed].map(({ identityId }) => identityId))];
  await markProjectsOfIdentities(tx, identityIds, exceptProjectId);
  const payload = {
    addedCount: added.length,
    removedCount: removed.length,
    added: added.slice(0, EVENT_MATCHES_MAX),
    removed: removed.slice(0, EVENT_MATCHES_MAX),
  };
  await appendEvents(tx, [{ eventId: context.idFor(name), type: "FINDINGS_CHANGED", payload }]);
}
