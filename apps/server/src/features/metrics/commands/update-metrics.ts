import type { Database, Tx } from "../../../platform/db/index.ts";
import { recordRiskScores } from "../../projects/index.ts";
import type { Settings } from "../../settings/index.ts";
import { type RiskWeights, riskScore } from "../rules/risk-score.ts";
import { claimProjects, takeMarks } from "../store/marks.ts";
import { countProjects, writeSnapshots } from "../store/snapshots.ts";

const BATCH_SIZE = 100;
/** A million projects: a bound for the loop. */
const BATCHES_MAX = 10_000;

/** Counts the named projects anew, whether marked or not; deleted ones are left out. */
export async function updateMetrics(tx: Tx, projectIds: readonly number[], weights: RiskWeights): Promise<void> {
  await writeNumbers(tx, await claimProjects(tx, projectIds), weights);
}

/** Writes today's snapshots and risk scores of projects whose marks the transaction holds. */
async function writeNumbers(tx: Tx, projectIds: readonly number[], weights: RiskWeights): Promise<void> {
  if (projectIds.length === 0) return;
  const counts = await countProjects(tx, projectIds);
  const rows = counts.map((row) => ({ ...row, riskScore: riskScore(row, weights) }));
  if (rows.length === 0) return;
  await writeSnapshots(tx, rows);
  await recordRiskScores(tx, rows);
}

/** Recomputes marked projects, batch by batch: taking the marks and writing the numbers commit together. */
export async function updateMarkedProjects(database: Database, settings: Settings, signal: AbortSignal): Promise<void> {
  const weights = await riskWeights(settings);
  for (let batch = 0; batch < BATCHES_MAX && !signal.aborted; batch++) {
    const taken = await database.transaction(async (tx) => {
      const projectIds = await takeMarks(tx, BATCH_SIZE);
      await writeNumbers(tx, projectIds, weights);
      return projectIds.length;
    });
    if (taken < BATCH_SIZE) return;
  }
}

export async function riskWeights(settings: Settings): Promise<RiskWeights> {
  const weight = (name: string) => settings.number("risk-score", `weight.${name}`);
  const [critical, high, medium, low, unassigned] = await Promise.all([
    weight("critical"),
    weight("high"),
    weight("medium"),
    weight("low"),
    weight("unassigned"),
  ]);
  return { critical, high, medium, low, unassigned };
}
