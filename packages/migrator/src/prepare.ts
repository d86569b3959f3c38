import { classifyInThread } from "./classify-in-thread.ts";
import type { MigrationFile } from "./files.ts";
import { indexStatementsOf } from "./index-statements.ts";

/** One piece of SQL sent to the server at once. */
export interface RunnableStatement {
  /** Line of the file it begins at, from 1. */
  line: number;
  text: string;
}

/** A file as it is run: in one transaction, or statement by statement. */
export type RunnableMigration = MigrationFile & { statements: RunnableStatement[]; transactional: boolean };

/** Every statement PostgreSQL refuses inside a transaction block has one of these words; OVERRIDING SYSTEM VALUE is no such statement. */
const OUTSIDE_TRANSACTION =
  /\b(concurrently|vacuum|reindex|cluster|database|tablespace|(?<!overriding\s+)system|subscription)\b/i;

/**
 * How each file is run. Only files with a word of the statements that cannot be in a transaction are parsed to find out, and
 * of these only what is not plainly a list of indexes: the grammar costs a starting server half a gigabyte, and PostgreSQL
 * itself refuses what should have been parsed after all.
 */
export async function prepareFiles(files: readonly MigrationFile[]): Promise<RunnableMigration[]> {
  const prepared = new Map(files.map((file) => [file.id, preparedWithoutGrammar(file)]));
  const parsed = await classifyInThread(files.filter(({ id }) => prepared.get(id) === undefined));
  for (const file of parsed) prepared.set(file.id, file);
  return files.map((file) => prepared.get(file.id) ?? inOneTransaction(file));
}

/** The file as it is run; undefined when only the grammar can tell. */
export function preparedWithoutGrammar(file: MigrationFile): RunnableMigration | undefined {
  if (!OUTSIDE_TRANSACTION.test(withoutComments(file.text))) return inOneTransaction(file);
  const statements = indexStatementsOf(file.text);
  return statements && { ...file, statements, transactional: false };
}

function inOneTransaction(file: MigrationFile): RunnableMigration {
  return { ...file, statements: [{ line: 1, text: file.text }], transactional: true };
}

function withoutComments(text: string): string {
  return text.replaceAll(/--[^\n]*/g, "").replaceAll(/\/\*[\s\S]*?\*\//g, "");
}
