import type { EngineClient } from "@evertrack/engine";
import { z } from "zod";
import type { Tx } from "../../../platform/db/index.ts";
import type { DueEvent, Subscriber } from "../../../platform/outbox/index.ts";
import { anyIdentityNamed } from "../../findings/index.ts";
import { ADVISORIES_CHANGED } from "../../vulnerabilities/index.ts";
import { matchAdvisories } from "../workflows/match-advisories.ts";

/** Events of older instances name no products. */
const payload = z.object({ packageKeys: z.array(z.string()), cpeProducts: z.array(z.string()).default([]) });
/** Before scheduled work, after uploads and manual runs. */
const PRIORITY = 10;

/** Starts matching when advisories changed that concern a package or product somebody uses. */
export function followAdvisories(client: EngineClient<Tx>): Subscriber {
  return async (tx: Tx, event: DueEvent) => {
    if (event.type !== ADVISORIES_CHANGED) return;
    const named = payload.parse(event.payload);
    if (!(await anyIdentityNamed(tx, named))) return;
    await client.startRun(
      tx,
      matchAdvisories,
      { packageKeys: named.packageKeys, ...(named.cpeProducts.length > 0 && { cpeProducts: named.cpeProducts }) },
      { instanceId: `match-advisories:${event.event_id}`, priority: PRIORITY },
    );
  };
}
