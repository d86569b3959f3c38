import path from "node:path";
import { type ClassifiedMigration, classifyMigrations } from "./classified-files.ts";
import { readMigrationFiles } from "./files.ts";

/** A statement that must not be in a file as it is. */
export type LintProblem = { file: string; line: number; message: string };

/**
 * What CI refuses: an expand file with a breaking statement; one that needs review, or holds a lock for as long as it
 * reads a table, without a `-- reviewed: why` line. Contract files run when no older build is left.
 * `baseline`: id of the last migration of the first release; up to it there is no older build to break.
 */
export async function lintMigrations(directory: string, options: { baseline?: string } = {}): Promise<LintProblem[]> {
  const files = await classifyMigrations(await readMigrationFiles(directory));
  return files.filter((file) => options.baseline === undefined || file.id > options.baseline).flatMap(lintFile);
}

function lintFile(file: ClassifiedMigration): LintProblem[] {
  if (file.phase === "contract") return [];
  const name = path.basename(file.path);
  return file.statements.flatMap(({ line, findings }) =>
    findings.flatMap(({ level, reason }) => {
      if (level === "breaking") return [{ file: name, line, message: `breaking: ${reason}` }];
      if (file.reviewed.length > 0) return [];
      return [{ file: name, line, message: `${level}: ${reason}; say "-- reviewed: why" in the head if it is right` }];
    }),
  );
}
