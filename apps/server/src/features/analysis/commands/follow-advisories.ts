import type { EngineClient } from "@evertrack/engine";
import { z } from "zod";
import type { Tx } from "../../../platform/db/index.ts";
import type { DueEvent, Subscriber } from "../../../platform/outbox/index.ts";
import { anyIdentityOf } from "../../findings/index.ts";
import { ADVISORIES_CHANGED } from "../../vulnerabilities/index.ts";
import { matchAdvisories } from "../workflows/match-advisories.ts";

const payload = z.object({ packageKeys: z.array(z.string()) });
/** Before scheduled work, after uploads and manual runs. */
const PRIORITY = 10;

/** Starts matching when advisories changed that concern a package somebody uses. */
export function followAdvisories(client: EngineClient<Tx>): Subscriber {
  return async (tx: Tx, event: DueEvent) => {
    if (event.type !== ADVISORIES_CHANGED) return;
    const { packageKeys } = payload.parse(event.payload);
    if (packageKeys.length === 0 || !(await anyIdentityOf(tx, packageKeys))) return;
    await client.startRun(
      tx,
      matchAdvisories,
      { packageKeys },
      { instanceId: `match-advisories:${event.event_id}`, priority: PRIORITY },
    );
  };
}
