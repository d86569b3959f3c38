import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { exploitationChanged } from "../events.ts";
import type { KevReading } from "../rules/kev-records.ts";
import * as store from "../store/kev-assertions.ts";

/** A list that is suddenly shorter than this part of what was known takes nothing back. */
const REMAINING_MIN = 0.5;

/** What became of a list. */
export interface KevFeedChanges {
  new: number;
  updated: number;
  unchanged: number;
  removed: number;
}

/**
 * Makes an asserter's assertions those of its list. What the list does not name any more is taken back, unless the list is
 * empty, has lost most of its records, or has records that do not tell what they are about. Stored again, it changes nothing.
 * Tells which CVEs are listed now and were not, or the other way round; a change of what is said about them is none.
 * `eventId` gives the id of the n-th event.
 */
export async function storeKevFeed(
  tx: Tx,
  asserter: string,
  reading: KevReading,
  eventId: (index: number) => string,
): Promise<KevFeedChanges> {
  const { records, unreadableIds, unnamed } = reading;
  const known = await store.countKevAssertions(tx, asserter);
  const { added, updated } = await store.writeKevAssertions(tx, asserter, records);
  const named = [...records.map(({ vulnId }) => vulnId), ...unreadableIds];
  const isTrusted = unnamed === 0 && named.length > 0 && named.length >= known * REMAINING_MIN;
  const removed = isTrusted ? await store.removeOtherKevAssertions(tx, asserter, named) : [];
  const changed = await store.listedByNoOther(tx, asserter, [...added, ...removed]);
  await appendEvents(tx, exploitationChanged(changed, eventId));
  const unchanged = records.length - added.length - updated;
  return { new: added.length, updated, unchanged, removed: removed.length };
}
