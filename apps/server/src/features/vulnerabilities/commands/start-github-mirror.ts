import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { MIRROR_GITHUB_GATE } from "../github-extension.ts";
import { GITHUB, githubAges } from "../github-state.ts";
import { readGithubConfig } from "../queries/github-config.ts";
import { type GateDeps, type Overdue, QUIET_MS, startMirror } from "./start-mirror-run.ts";

/** Starts a mirror of GitHub if it is enabled and every instance knows it. */
export async function startScheduledGithubMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { gateOpen }: GateDeps,
): Promise<boolean> {
  const { enabled } = await readGithubConfig(tx);
  return enabled && gateOpen(MIRROR_GITHUB_GATE) && startMirror(tx, client, GITHUB, { trigger: "schedule" });
}

/** The same, when the cluster starts, if its last complete mirror is older than a period. */
export async function startOverdueGithubMirror(
  tx: Tx,
  client: EngineClient<Tx>,
  { periodMs, delayMs, gateOpen }: Overdue & GateDeps,
): Promise<boolean> {
  const { enabled } = await readGithubConfig(tx);
  if (!enabled || !gateOpen(MIRROR_GITHUB_GATE)) return false;
  const { startedMs, readMs } = await githubAges(tx);
  if (readMs <= periodMs || startedMs <= QUIET_MS) return false;
  return startMirror(tx, client, GITHUB, { trigger: "schedule", delayMs });
}
