import { z } from "zod";
import type { Tx } from "../../platform/db/index.ts";
import type { Backfill } from "../upgrades/index.ts";
import type { ComponentKey } from "./store/component-risk.ts";
import {
  countPendingComponents,
  estimatePendingComponents,
  nextPendingComponents,
  type PendingReference,
} from "./store/pending-components.ts";

/** `[project, identity]`; absent at the beginning. */
const cursorSchema = z.tuple([z.int(), z.int()]).nullable();
const BEGINNING: ComponentKey = { projectId: 0, identityId: 0 };

/** How what stands on every component becomes a reference to a row of its own. */
interface SharedShape extends Pick<Backfill, "name" | "release"> {
  readonly reference: PendingReference;
  /** Stores what these components say, unless it is stored already. */
  store(tx: Tx, keys: readonly ComponentKey[]): Promise<void>;
  /** Refers these components to it; those that an import holds are left to a later pass. */
  refer(tx: Tx, keys: readonly ComponentKey[]): Promise<void>;
}

/**
 * A walk over components. Only those without the reference are visited: what is written meanwhile has one, by the triggers, unless
 * what it refers to was not stored yet.
 */
export function componentBackfill({ name, release, reference, store, refer }: SharedShape): Backfill {
  return {
    name,
    release,
    async batch(tx, cursor, limit) {
      const keys = await nextPendingComponents(tx, reference, keyOf(cursorSchema.parse(cursor)), limit);
      const last = keys.at(-1);
      if (last === undefined) return { cursor: null, rows: 0 };
      await store(tx, keys);
      await refer(tx, keys);
      return { cursor: keys.length < limit ? null : [last.projectId, last.identityId], rows: keys.length };
    },
    remaining: (db) => countPendingComponents(db, reference),
    estimate: (db) => estimatePendingComponents(db, reference),
  };
}

function keyOf(cursor: z.output<typeof cursorSchema>): ComponentKey {
  return cursor === null ? BEGINNING : { projectId: cursor[0], identityId: cursor[1] };
}
