import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { AppError, PlainError } from "../../../platform/http/index.ts";
import { epssAges, writeLatestEpssRun } from "../epss-state.ts";
import { MIRROR_EXPLOITATION_GATE } from "../kev-extensions.ts";
import { readEpssConfig } from "../queries/epss-config.ts";
import { mirrorEpss } from "../workflows/mirror-epss.ts";
import { type GateDeps, MIRROR_PRIORITIES, type MirrorStart, type Overdue, QUIET_MS } from "./start-mirror-run.ts";

/** Only one mirror of EPSS runs at a time. */
const INSTANCE_ID = "mirror-epss";

/** Starts a mirror of EPSS in the caller's transaction; false when one is under way. */
async function startEpssMirror(tx: Tx, client: EngineClient<Tx>, { trigger, delayMs = 0 }: MirrorStart) {
  const options = { instanceId: INSTANCE_ID, priority: MIRROR_PRIORITIES[trigger], delayMs };
  const runId = await client.startRun(tx, mirrorEpss, {}, options);
  if (runId === null) return false;
  await writeLatestEpssRun(tx, runId);
  return true;
}

/** Starts a mirror of EPSS if it is enabled and every instance knows it; false otherwise, or when one is under way. */
export async function startScheduledEpssMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { gateOpen, delayMs = 0 }: GateDeps & { delayMs?: number },
): Promise<boolean> {
  const { enabled } = await readEpssConfig(tx);
  if (!enabled || !gateOpen(MIRROR_EXPLOITATION_GATE)) return false;
  return startEpssMirror(tx, client, { trigger: "schedule", delayMs });
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

/** As asked for by a person. 400 not enabled, 409 under way, or not yet possible. */
export async function requestEpssMirror(
  database: Database,
  client: EngineClient<Tx>,
  { gateOpen }: GateDeps,
): Promise<void> {
  const { enabled } = await readEpssConfig(database.db);
  if (!enabled) throw new PlainError(400, "EPSS is not mirrored: the setting vuln-source/epss.enabled is off.");
  if (!gateOpen(MIRROR_EXPLOITATION_GATE))
    throw new PlainError(409, "EPSS is mirrored once the upgrade to 0.4.0 is finalized.");
  const started = await database.transaction((tx) => startEpssMirror(tx, client, { trigger: "manual" }));
  if (!started)
    throw new AppError("vuln-data-source-mirror-already-running", "A mirror run of EPSS is already in progress.");
}
