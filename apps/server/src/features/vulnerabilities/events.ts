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

/** The event, ready for the outbox. */
export function advisoriesChanged(
  eventId: string,
  { vulnerabilityIds, packageKeys, cpeProducts }: AdvisoriesChanged,
): OutboxEvent {
  return { eventId, type: ADVISORIES_CHANGED, payload: { vulnerabilityIds, packageKeys, cpeProducts } };
}
