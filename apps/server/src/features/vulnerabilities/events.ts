import type { OutboxEvent } from "../../platform/outbox/index.ts";

/** Advisories were added, changed or rejected. */
export const ADVISORIES_CHANGED = "ADVISORIES_CHANGED";

/** What the event carries. */
export interface AdvisoriesChanged {
  vulnerabilityIds: number[];
  /** Packages that any of them affects now or affected before. */
  packageKeys: string[];
  /** Products (`cpeProductKey`) that any of them affects now or affected before; `*` for any product. */
  cpeProducts: string[];
}

/** CVEs came to be known as exploited, or are not any more. */
export const EXPLOITATION_CHANGED = "EXPLOITATION_CHANGED";
/** So that whoever follows an event has a bounded piece of work. */
const CVES_PER_EVENT_MAX = 100;

/** The event, ready for the outbox. */
export function advisoriesChanged(
  eventId: string,
  { vulnerabilityIds, packageKeys, cpeProducts }: AdvisoriesChanged,
): OutboxEvent {
  return { eventId, type: ADVISORIES_CHANGED, payload: { vulnerabilityIds, packageKeys, cpeProducts } };
}

/** The events that tell of these CVEs, some in each; `eventId` gives the id of the n-th. */
export function exploitationChanged(cves: readonly string[], eventId: (index: number) => string): OutboxEvent[] {
  const events: OutboxEvent[] = [];
  for (let from = 0; from < cves.length; from += CVES_PER_EVENT_MAX) {
    const payload = { cves: cves.slice(from, from + CVES_PER_EVENT_MAX) };
    events.push({ eventId: eventId(events.length), type: EXPLOITATION_CHANGED, payload });
  }
  return events;
}
