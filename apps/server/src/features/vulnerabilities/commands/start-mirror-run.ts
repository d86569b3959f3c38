import type { EngineClient } from "@evertrack/engine";
import type { Database, Db, Tx } from "../../../platform/db/index.ts";
import { AppError, PlainError } from "../../../platform/http/index.ts";
import { MIRROR_GITHUB_GATE } from "../github-extension.ts";
import { GITHUB } from "../github-state.ts";
import { mirrorAges, writeLatestRun } from "../mirror-state.ts";
import { MIRROR_NVD_GATE } from "../nvd-extension.ts";
import { NVD, nvdAges } from "../nvd-state.ts";
import { readGithubConfig } from "../queries/github-config.ts";
import { requireDataSource } from "../queries/mirror-run.ts";
import { readNvdConfig } from "../queries/nvd-config.ts";
import { readOsvConfig } from "../queries/osv-config.ts";
import { mirrorGithub } from "../workflows/mirror-github.ts";
import { mirrorNvd } from "../workflows/mirror-nvd.ts";
import { mirrorInstanceId, mirrorVulnDataSource } from "../workflows/mirror-vuln-data-source.ts";

/** Of runs, by what started them. */
export const MIRROR_PRIORITIES = { manual: 75, schedule: 0 } as const;
/** A mirror that was started so recently is not started again because the cluster starts, whatever became of it. */
export const QUIET_MS = 900_000;

/** Why a mirror is started, and when. */
export interface MirrorStart {
  trigger: keyof typeof MIRROR_PRIORITIES;
  delayMs?: number;
}

/** Tells whether a gate is open. */
export interface GateDeps {
  gateOpen(name: string): boolean;
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
    priority: MIRROR_PRIORITIES[trigger],
    delayMs,
  };
  const runId = await startWorkflow();
  if (runId === null) return false;
  await writeLatestRun(tx, name, runId);
  return true;

  function startWorkflow(): Promise<string | null> {
    if (name === NVD) return client.startRun(tx, mirrorNvd, {}, options);
    if (name === GITHUB) return client.startRun(tx, mirrorGithub, {}, options);
    return client.startRun(tx, mirrorVulnDataSource, { name }, options);
  }
}

/** Starts a mirror of OSV if it is enabled. */
export async function startScheduledMirror(tx: Tx, client: EngineClient<Tx>): Promise<boolean> {
  const { enabled } = await readOsvConfig(tx);
  return enabled && startMirror(tx, client, "osv", { trigger: "schedule" });
}

/** Starts a mirror of NVD if it is enabled and every instance knows it. */
export async function startScheduledNvdMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { gateOpen }: GateDeps,
): Promise<boolean> {
  const { enabled } = await readNvdConfig(tx);
  return enabled && gateOpen(MIRROR_NVD_GATE) && startMirror(tx, client, NVD, { trigger: "schedule" });
}

/** Period of the schedule, and how long a mirror that is overdue waits. */
export interface Overdue {
  periodMs: number;
  delayMs: number;
}

/** Starts a mirror of OSV if it is enabled and its last complete one is older than a period: when the cluster starts. */
export async function startOverdueMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { periodMs, delayMs }: Overdue,
): Promise<boolean> {
  const { enabled, ecosystems } = await readOsvConfig(tx);
  if (!enabled) return false;
  const { startedMs, completeMs } = await mirrorAges(tx, "osv", ecosystems);
  if (completeMs <= periodMs || startedMs <= QUIET_MS) return false;
  return startMirror(tx, client, "osv", { trigger: "schedule", delayMs });
}

/**
 * The same for NVD. The first mirror ever, which reads everything since 2002, is left to the schedule and to people: a cluster that
 * was started or upgraded a moment ago has better to do, and a machine that is tried out should not fetch that much unasked.
 */
export async function startOverdueNvdMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { periodMs, delayMs, gateOpen }: Overdue & GateDeps,
): Promise<boolean> {
  const { enabled } = await readNvdConfig(tx);
  if (!enabled || !gateOpen(MIRROR_NVD_GATE)) return false;
  const { startedMs, readMs } = await nvdAges(tx);
  if (readMs === Number.POSITIVE_INFINITY || readMs <= periodMs || startedMs <= QUIET_MS) return false;
  return startMirror(tx, client, NVD, { trigger: "schedule", delayMs });
}

/** As asked for by a person. 404 unknown source, 400 not enabled, 409 under way, or not yet possible. */
export async function requestMirror(
  database: Database,
  client: EngineClient<Tx>,
  name: string,
  { gateOpen }: GateDeps,
): Promise<void> {
  requireDataSource(name);
  const { enabled } = await configOf(database.db, name);
  if (!enabled)
    throw new AppError("vuln-data-source-not-enabled", `The vulnerability data source "${name}" is not enabled.`);
  if (name === NVD && !gateOpen(MIRROR_NVD_GATE))
    throw new PlainError(409, "NVD is mirrored once the upgrade to 0.4.0 is finalized.");
  if (name === GITHUB && !gateOpen(MIRROR_GITHUB_GATE))
    throw new PlainError(409, "GitHub's advisories are mirrored once the upgrade to 0.4.0 is finalized.");
  const started = await database.transaction((tx) => startMirror(tx, client, name, { trigger: "manual" }));
  if (!started)
    throw new AppError("vuln-data-source-mirror-already-running", `A mirror run of "${name}" is already in progress.`);
}

function configOf(db: Db, name: string): Promise<{ enabled: boolean }> {
  if (name === NVD) return readNvdConfig(db);
  return name === GITHUB ? readGithubConfig(db) : readOsvConfig(db);
}
