/** Schema migrations: plain SQL files, a runner that survives races and kills, a classifier that knows what breaks old builds. */

export { type ClassifiedMigration, classifyMigrations } from "./classified-files.ts";
export { classifySql } from "./classify/classify-sql.ts";
export { SqlSyntaxError } from "./classify/parser.ts";
export type { ClassifiedStatement, Finding, Level } from "./classify/verdict.ts";
export { type MigrationFile, type Phase, readMigrationFiles } from "./files.ts";
export type { AppliedMigration } from "./history.ts";
export { type LintProblem, lintMigrations } from "./lint.ts";
export type { LockOwner } from "./lock.ts";
export { clearLock, type LockState, showLock } from "./lock-inspection.ts";
export { type MigrateOptions, type MigrateResult, type MigrationProgress, migrate } from "./migrate.ts";
export { MigrationError, type MigrationErrorCode } from "./migration-error.ts";
export { type MigrationPlan, plan, type RunPhase, type SchemaState } from "./plan.ts";
export { type MigrationStatus, status } from "./status.ts";
