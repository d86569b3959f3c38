export {
  type Backfill,
  type BackfillBatch,
  backfillParts,
  backfillProperties,
  type Json,
} from "./backfills/index.ts";
export {
  insertBackupRecord,
  keepsBackupRecords,
  listVerifiedBackups,
  noteBackupVerdict,
} from "./backups/store.ts";
export { checkProperties, checkSettings } from "./check-config.ts";
export { upgradeProperties } from "./config.ts";
export { upgradesFeature } from "./feature.ts";
export { AutoFinalize } from "./finalize/auto-finalize.ts";
export type { FinalizeDeps, FinalizeProgress } from "./finalize/deps.ts";
export { type FinalizeResult, finalizeUpgrade } from "./finalize/finalize.ts";
export type { Finalizing } from "./finalize/finalizing.ts";
export { isFinal, type UpgradeRefusal } from "./finalize/reasons.ts";
export { Gates } from "./gates/gates.ts";
export { GATES, type Gate } from "./gates/registry.ts";
export { loadManifest, loadRecordedManifest } from "./manifest/load-manifest.ts";
export type { ReleaseManifest } from "./manifest/manifest.ts";
export { lookAtUpgrade, type UpgradeLook } from "./queries/check.ts";
export {
  type InstanceToReplace,
  type RollbackDeps,
  type RollbackResult,
  rollbackUpgrade,
} from "./rollback/rollback.ts";
export { type CheckResult, type CheckSettings, checkUpgrade } from "./rules/check.ts";
export type { InstanceFacts, UpgradeFacts } from "./rules/facts.ts";
export { type PlanStep, planUpgrade, type UpgradePlan } from "./rules/plan.ts";
export type { Reason } from "./rules/reasons.ts";
export { isOlder, situationOf } from "./rules/situation.ts";
