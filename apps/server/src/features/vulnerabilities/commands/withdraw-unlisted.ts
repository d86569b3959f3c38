import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { advisoriesChanged } from "../events.ts";
import { affectedPackageKeys } from "../store/advisories.ts";
import { deleteAdvisoryRecords, rejectUnrecorded } from "../store/advisory-records.ts";
import { affectedCpeProducts } from "../store/affected-cpes.ts";
import type { Origin } from "./store-advisories.ts";

/** Forgets advisories that the ecosystem does not list any more and rejects those nobody lists; returns how many. */
export async function withdrawUnlisted(
  tx: Tx,
  { mirror, ecosystem, eventId }: Pick<Origin, "mirror" | "ecosystem" | "eventId">,
  advisoryIds: readonly string[],
): Promise<number> {
  const candidates = await deleteAdvisoryRecords(tx, mirror, ecosystem, advisoryIds);
  const rejected = await rejectUnrecorded(tx, candidates);
  if (rejected.length === 0) return 0;
  const packageKeys = await affectedPackageKeys(tx, rejected);
  const cpeProducts = await affectedCpeProducts(tx, rejected);
  await appendEvents(tx, [advisoriesChanged(eventId, { vulnerabilityIds: rejected, packageKeys, cpeProducts })]);
  return rejected.length;
}
