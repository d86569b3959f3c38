import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { AppError, PlainError } from "../../../platform/http/index.ts";
import { KEV_SOURCES, MIRROR_EXPLOITATION_GATE } from "../kev-extensions.ts";
import { kevAges, writeLatestKevRun } from "../kev-state.ts";
import { requireKevSource } from "../queries/kev-assertions.ts";
import { readKevConfig } from "../queries/kev-config.ts";
import { kevMirrorInstanceId, mirrorKevDataSource } from "../workflows/mirror-kev-data-source.ts";
import { type GateDeps, MIRROR_PRIORITIES, type MirrorStart, type Overdue, QUIET_MS } from "./start-mirror-run.ts";

/** Starts a mirror of the source in the caller's transaction; false when one is under way. */
export async function startKevMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  name: string,
  { trigger, delayMs = 0 }: MirrorStart,
): Promise<boolean> {
  const runId = await client.startRun(
    tx,
    mirrorKevDataSource,
    { name },
    {
      instanceId: kevMirrorInstanceId(name),
      labels: { "kev-data-source": name },
      priority: MIRROR_PRIORITIES[trigger],
      delayMs,
    },
  );
  if (runId === null) return false;
  await writeLatestKevRun(tx, name, runId);
  return true;
}

/** Starts a mirror of each source that is enabled, if every instance knows them; returns how many. */
export async function startScheduledKevMirrors(
  tx: Tx,
  client: EngineClient<Tx>,
  { gateOpen }: GateDeps,
): Promise<number> {
  if (!gateOpen(MIRROR_EXPLOITATION_GATE)) return 0;
  let started = 0;
  for (const source of KEV_SOURCES) {
    const { enabled } = await readKevConfig(tx, source);
    if (enabled && (await startKevMirror(tx, client, source.name, { trigger: "schedule" }))) started++;
  }
  return started;
}

/** The same when the cluster starts, for sources last looked at more than a period ago; the first mirror ever is left to the schedule. */
export async function startOverdueKevMirrors(
  tx: Tx,
  client: EngineClient<Tx>,
  { periodMs, delayMs, gateOpen }: Overdue & GateDeps,
): Promise<number> {
  if (!gateOpen(MIRROR_EXPLOITATION_GATE)) return 0;
  let started = 0;
  for (const source of KEV_SOURCES) {
    const { enabled } = await readKevConfig(tx, source);
    const { startedMs, readMs } = await kevAges(tx, source.name);
    const isDue = readMs !== Number.POSITIVE_INFINITY && readMs > periodMs && startedMs > QUIET_MS;
    if (enabled && isDue && (await startKevMirror(tx, client, source.name, { trigger: "schedule", delayMs })))
      started++;
  }
  return started;
}

/** As asked for by a person. 404 unknown source, 400 not enabled, 409 under way, or not yet possible. */
export async function requestKevMirror(
  database: Database,
  client: EngineClient<Tx>,
  name: string,
  { gateOpen }: GateDeps,
): Promise<void> {
  const { enabled } = await readKevConfig(database.db, requireKevSource(name));
  if (!enabled) throw new AppError("kev-data-source-not-enabled", `The KEV data source "${name}" is not enabled.`);
  if (!gateOpen(MIRROR_EXPLOITATION_GATE))
    throw new PlainError(409, "KEV data sources are mirrored once the upgrade to 0.4.0 is finalized.");
  const started = await database.transaction((tx) => startKevMirror(tx, client, name, { trigger: "manual" }));
  if (!started)
    throw new AppError("kev-data-source-mirror-already-running", `A mirror run of "${name}" is already in progress.`);
}
