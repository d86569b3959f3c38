import type { ActivityContext } from "@evertrack/engine/authoring";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { MATCH_BATCH_SIZE, type MatchChanges, matchIdentities } from "../../findings/index.ts";
import { markProjectsOfIdentities } from "../../metrics/index.ts";

/** Matches told per event; the rest is only counted. */
const EVENT_MATCHES_MAX = 1_000;
/** 300 million identities: a bound for the loop, not for portfolios. */
const BATCHES_MAX = 60_000;

interface BatchSource {
  /** Identity ids after `afterId`, ascending, at most `limit`. */
  next(db: Db, afterId: number, limit: number): Promise<number[]>;
  /** Left out when projects are marked for new metrics: it computes its own. */
  exceptProjectId?: number;
}

interface BatchResult {
  /** Where the next batch begins; null after the last one. */
  nextAfterId: number | null;
  changed: number;
  changedIdentityIds: number[];
}

/**
 * Matches identities batch by batch; each batch is a transaction of its own with its event, exactly once. Returns how many
 * matches changed.
 *
 * Projects are marked after that transaction: a project whose import commits before the marking is seen by it, and one whose
 * import commits later is counted when the matches are visible. Marking inside would miss one imported and counted between.
 */
export async function matchInBatches(
  context: Pick<ActivityContext<Tx>, "tx" | "signal" | "idFor">,
  source: BatchSource,
): Promise<{ batches: number; changed: number }> {
  let afterId = 0;
  let changed = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    context.signal.throwIfAborted();
    const result = await context.tx(`match:${afterId}`, (tx) => matchBatch(context, tx, source, afterId));
    if (result.changed > 0)
      await context.tx(`mark:${afterId}`, (tx) =>
        markProjectsOfIdentities(tx, result.changedIdentityIds, source.exceptProjectId),
      );
    changed += result.changed;
    if (result.nextAfterId === null) return { batches: batch + 1, changed };
    afterId = result.nextAfterId;
  }
  throw new Error(`more than ${BATCHES_MAX} batches of identities`);
}

/** Lists inside the transaction: an attempt that goes on after a crash takes the recorded batch, not another one. */
async function matchBatch(
  context: Pick<ActivityContext<Tx>, "idFor">,
  tx: Tx,
  source: BatchSource,
  afterId: number,
): Promise<BatchResult> {
  const identityIds = await source.next(tx, afterId, MATCH_BATCH_SIZE);
  const changes = await matchIdentities(tx, identityIds);
  await announceMatches(tx, context.idFor(`match:${afterId}`), changes);
  const more = identityIds.length === MATCH_BATCH_SIZE;
  return { nextAfterId: more ? (identityIds.at(-1) ?? null) : null, ...summaryOf(changes) };
}

function summaryOf({ added, removed }: MatchChanges): Omit<BatchResult, "nextAfterId"> {
  const changedIdentityIds = [...new Set([...added, ...removed].map(({ identityId }) => identityId))];
  return { changed: added.length + removed.length, changedIdentityIds };
}

/** Tells which matches came and went, if any did; `eventId` makes it told once. */
export async function announceMatches(tx: Tx, eventId: string, { added, removed }: MatchChanges): Promise<void> {
  if (added.length === 0 && removed.length === 0) return;
  const payload = {
    addedCount: added.length,
    removedCount: removed.length,
    added: added.slice(0, EVENT_MATCHES_MAX),
    removed: removed.slice(0, EVENT_MATCHES_MAX),
  };
  await appendEvents(tx, [{ eventId, type: "FINDINGS_CHANGED", payload }]);
}
