/** Schema migrations: plain SQL files, a runner that survives races and kills, a classifier that knows what breaks old builds. */

export { type ClassifiedMigration, classifyMigrations } from "./classified-files.ts";
export { classifySql } from "./classify/classify-sql.ts";
export { SqlSyntaxError } from "./classify/parser.ts";
export type { ClassifiedStatement, Finding, Level } from "./classify/verdict.ts";
export type { MigrationErrorCode } from "./error-code.ts";
export {
  estimatePlan,
  type FileEstimate,
  LONG_LOCK_MS,
  type LockEstimate,
  type LongLock,
  longLocksOf,
  type StatementEstimate,
} from "./estimate/estimate-plan.ts";
export type { LockMode } from "./estimate/lock-modes.ts";
export { type MigrationFile, type Phase, readMigrationFiles } from "./files.ts";
export type { AppliedMigration } from "./history.ts";
export { type LintProblem, lintMigrations } from "./lint.ts";
export type { LockOwner } from "./lock.ts";
export { clearLock, type LockState, ownerIs, showLock } from "./lock-inspection.ts";
export { type MigrateOptions, type MigrateResult, type MigrationProgress, migrate } from "./migrate.ts";
export { MigrationError, type MigrationPlace } from "./migration-error.ts";
export { type Refusal, type RunPhase, refusalToContinue } from "./phases.ts";
export { type MigrationPlan, plan, type SchemaState } from "./plan.ts";
export { type ExplainedPlan, explain, type MigrationStatus, status } from "./status.ts";
