import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { AppError } from "../../../platform/http/index.ts";
import { mirrorAges, writeLatestRun } from "../mirror-state.ts";
import { requireDataSource } from "../queries/mirror-run.ts";
import { readOsvConfig } from "../queries/osv-config.ts";
import { mirrorInstanceId, mirrorVulnDataSource } from "../workflows/mirror-vuln-data-source.ts";

const PRIORITIES = { manual: 75, schedule: 0 } as const;
/** A mirror that was started so recently is not started again because the cluster starts, whatever became of it. */
const QUIET_MS = 900_000;

interface MirrorStart {
  trigger: keyof typeof PRIORITIES;
  delayMs?: number;
}

/** Starts a mirror of the source in the caller's transaction; false when one is under way. */
export async function startMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  name: string,
  { trigger, delayMs = 0 }: MirrorStart,
): Promise<boolean> {
  const options = {
    instanceId: mirrorInstanceId(name),
    labels: { "vuln-data-source": name },
    priority: PRIORITIES[trigger],
    delayMs,
  };
  const runId = await client.startRun(tx, mirrorVulnDataSource, { name }, options);
  if (runId === null) return false;
  await writeLatestRun(tx, name, runId);
  return true;
}

/** Starts a mirror of OSV if it is enabled. */
export async function startScheduledMirror(tx: Tx, client: EngineClient<Tx>): Promise<boolean> {
  const { enabled } = await readOsvConfig(tx);
  return enabled && startMirror(tx, client, "osv", { trigger: "schedule" });
}

/** Starts a mirror of OSV if it is enabled and its last complete one is older than a period: when the cluster starts. */
export async function startOverdueMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { periodMs, delayMs }: { periodMs: number; delayMs: number },
): Promise<boolean> {
  const { enabled, ecosystems } = await readOsvConfig(tx);
  if (!enabled) return false;
  const { startedMs, completeMs } = await mirrorAges(tx, "osv", ecosystems);
  if (completeMs <= periodMs || startedMs <= QUIET_MS) return false;
  return startMirror(tx, client, "osv", { trigger: "schedule", delayMs });
}

/** As asked for by a person. 404 unknown source, 400 not enabled, 409 under way. */
export async function requestMirror(database: Database, client: EngineClient<Tx>, name: string): Promise<void> {
  requireDataSource(name);
  const { enabled } = await readOsvConfig(database.db);
  if (!enabled)
    throw new AppError("vuln-data-source-not-enabled", `The vulnerability data source "${name}" is not enabled.`);
  const started = await database.transaction((tx) => startMirror(tx, client, name, { trigger: "manual" }));
  if (!started)
    throw new AppError("vuln-data-source-mirror-already-running", `A mirror run of "${name}" is already in progress.`);
}
