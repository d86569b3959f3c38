import path from "node:path";
import { classifySql } from "./classify/classify-sql.ts";
import { SqlSyntaxError } from "./classify/parser.ts";
import { emptyScope, type Scope, scopeOfNextFile } from "./classify/scope.ts";
import { type ClassifiedStatement, type Level, worst } from "./classify/verdict.ts";
import type { MigrationFile } from "./files.ts";
import { MigrationError } from "./migration-error.ts";

/** A migration file, parsed and judged. */
export type ClassifiedMigration = MigrationFile & {
  statements: ClassifiedStatement[];
  /** False when a statement cannot run in a transaction; then all run one by one. */
  transactional: boolean;
  level: Level;
};

/**
 * Parses and judges files, each in the light of those before it. Throws MigrationError `invalid-file` for what the
 * runner could not run safely.
 */
export async function classifyMigrations(files: readonly MigrationFile[]): Promise<ClassifiedMigration[]> {
  const classified: ClassifiedMigration[] = [];
  let scope = emptyScope();
  for (const file of files) {
    classified.push(await classifyMigration(file, scope));
    scope = scopeOfNextFile(scope);
  }
  return classified;
}

/** The same for one file, when only running it matters and not what came before. */
export async function classifyMigration(
  file: MigrationFile,
  scope: Scope = emptyScope(),
): Promise<ClassifiedMigration> {
  const statements = await classify(file, scope);
  if (statements.length === 0) throw invalid(file, "it holds no statement");
  const transactional = statements.every((statement) => statement.transactional);
  if (!transactional) requireRepeatable(file, statements);
  return { ...file, statements, transactional, level: worst(statements.map((statement) => statement.level)) };
}

async function classify(file: MigrationFile, scope: Scope): Promise<ClassifiedStatement[]> {
  try {
    return await classifySql(file.text, scope);
  } catch (cause) {
    if (cause instanceof SqlSyntaxError) throw invalid(file, cause.message, { cause });
    throw cause;
  }
}

/**
 * Statements outside a transaction may run a second time after a kill: only those are allowed that then do nothing or
 * can be cleaned up after.
 */
function requireRepeatable(file: MigrationFile, statements: ClassifiedStatement[]): void {
  const REPEATABLE = new Set(["IndexStmt", "DropStmt", "ReindexStmt", "VacuumStmt"]);
  for (const { transactional, kind, line, text } of statements) {
    if (transactional && kind !== "VacuumStmt") {
      throw invalid(
        file,
        `line ${line}: a file with concurrent statements may hold nothing else; move this to another file`,
      );
    }
    const guarded = kind === "ReindexStmt" || kind === "VacuumStmt" || /\bif\s+(?:not\s+)?exists\b/i.test(text);
    if (!REPEATABLE.has(kind) || !guarded) {
      throw invalid(file, `line ${line}: not repeatable after an interruption; use IF [NOT] EXISTS`);
    }
  }
}

function invalid(file: MigrationFile, reason: string, options?: ErrorOptions): MigrationError {
  return new MigrationError("invalid-file", `${path.basename(file.path)}: ${reason}`, options);
}
