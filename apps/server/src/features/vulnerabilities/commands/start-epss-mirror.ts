import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { epssAges, writeLatestEpssRun } from "../epss-state.ts";
import { MIRROR_EXPLOITATION_GATE } from "../kev-extensions.ts";
import { readEpssConfig } from "../queries/epss-config.ts";
import { mirrorEpss } from "../workflows/mirror-epss.ts";
import { type GateDeps, MIRROR_PRIORITIES, type Overdue, QUIET_MS } from "./start-mirror-run.ts";

/** Only one mirror of EPSS runs at a time. */
const INSTANCE_ID = "mirror-epss";

/** Starts a mirror of EPSS if it is enabled and every instance knows it; false otherwise, or when one is under way. */
export async function startScheduledEpssMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { gateOpen, delayMs = 0 }: GateDeps & { delayMs?: number },
): Promise<boolean> {
  const { enabled } = await readEpssConfig(tx);
  if (!enabled || !gateOpen(MIRROR_EXPLOITATION_GATE)) return false;
  const options = { instanceId: INSTANCE_ID, priority: MIRROR_PRIORITIES.schedule, delayMs };
  const runId = await client.startRun(tx, mirrorEpss, {}, options);
  if (runId === null) return false;
  await writeLatestEpssRun(tx, runId);
  return true;
}

/** The same when the cluster starts, if scores were last looked at more than a period ago; the first mirror ever is left to the schedule. */
export async function startOverdueEpssMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { periodMs, delayMs, gateOpen }: Overdue & GateDeps,
): Promise<boolean> {
  const { startedMs, readMs } = await epssAges(tx);
  if (readMs === Number.POSITIVE_INFINITY || readMs <= periodMs || startedMs <= QUIET_MS) return false;
  return startScheduledEpssMirror(tx, client, { gateOpen, delayMs });
}
