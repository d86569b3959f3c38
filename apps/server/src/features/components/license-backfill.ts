import { z } from "zod";
import type { Backfill } from "../upgrades/index.ts";
import {
  type ComponentKey,
  countPendingComponents,
  estimatePendingComponents,
  nextPendingComponents,
  referToLicenses,
  storeLicensesOf,
} from "./store/license-shapes.ts";

/** `[project, identity]`; absent at the beginning. */
const cursorSchema = z.tuple([z.int(), z.int()]).nullable();
const BEGINNING: ComponentKey = { projectId: 0, identityId: 0 };

/**
 * Brings the licences of components into the shape of 0.2.0: three texts on every row become a reference to the one row that holds
 * them. Only components without a reference are visited: what is written meanwhile has one, by the triggers, unless its statement
 * was not stored yet.
 */
export const licenseBackfill: Backfill = {
  name: "component-license",
  release: "0.2.0",
  async batch(tx, cursor, limit) {
    const keys = await nextPendingComponents(tx, keyOf(cursorSchema.parse(cursor)), limit);
    const last = keys.at(-1);
    if (last === undefined) return { cursor: null, rows: 0 };
    await storeLicensesOf(tx, keys);
    await referToLicenses(tx, keys);
    return { cursor: keys.length < limit ? null : [last.projectId, last.identityId], rows: keys.length };
  },
  remaining: countPendingComponents,
  estimate: estimatePendingComponents,
};

function keyOf(cursor: z.output<typeof cursorSchema>): ComponentKey {
  return cursor === null ? BEGINNING : { projectId: cursor[0], identityId: cursor[1] };
}
