import path from "node:path";
import { type ClassifiedMigration, classifyMigrations } from "./classified-files.ts";
import { readMigrationFiles } from "./files.ts";
import { compareReleases } from "./release-order.ts";

/** A statement that must not be in a file as it is. */
export type LintProblem = { file: string; line: number; message: string };

/**
 * What CI refuses: an expand file with a breaking statement; one that needs review, or holds a lock for as long as it
 * reads a table, without a `-- reviewed: why` line; a contract file that does not say which release no longer needs what it removes,
 * or names one that does not exist yet. What contract files do is their matter: they run when no older build is left.
 * `baseline`: id of the last migration of the first release; up to it there is no older build to break. `version`: of this build.
 */
export async function lintMigrations(
  directory: string,
  options: { baseline?: string; version?: string } = {},
): Promise<LintProblem[]> {
  const files = await classifyMigrations(await readMigrationFiles(directory));
  return files
    .filter((file) => options.baseline === undefined || file.id > options.baseline)
    .flatMap((file) => (file.phase === "contract" ? lintContract(file, options.version) : lintExpand(file)));
}

function lintContract({ path: file, contractOf }: ClassifiedMigration, version: string | undefined): LintProblem[] {
  const problem = (message: string) => [{ file: path.basename(file), line: 1, message }];
  if (contractOf === undefined) {
    return problem(
      'say "-- contract-of: <release>" in the head: the release that no longer needs what is removed here',
    );
  }
  const later = version !== undefined && (compareReleases(contractOf, version) ?? 0) > 0;
  return later ? problem(`contract-of: ${contractOf} is a later release than this build, ${version}`) : [];
}

function lintExpand(file: ClassifiedMigration): LintProblem[] {
  const name = path.basename(file.path);
  return file.statements.flatMap(({ line, findings }) =>
    findings.flatMap(({ level, reason }) => {
      if (level === "breaking") return [{ file: name, line, message: `breaking: ${reason}` }];
      if (file.reviewed.length > 0) return [];
      return [{ file: name, line, message: `${level}: ${reason}; say "-- reviewed: why" in the head if it is right` }];
    }),
  );
}
