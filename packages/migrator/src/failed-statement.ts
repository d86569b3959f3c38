import type { Client } from "pg";
import { classifyInThread } from "./classify-in-thread.ts";
import type { MigrationFile } from "./files.ts";
import { MigrationError } from "./migration-error.ts";
import type { RunnableStatement } from "./prepare.ts";

const STATEMENT_SHOWN_MAX_CHARS = 500;

/** Counts the statements of one query that the server completed; a whole file is sent at once. */
export class CompletedStatements {
  readonly #connection: Client["connection"];
  readonly #onComplete = () => {
    this.count += 1;
  };
  count = 0;

  constructor({ connection }: Client) {
    this.#connection = connection;
    connection.on("commandComplete", this.#onComplete);
  }

  stop(): void {
    this.#connection.off("commandComplete", this.#onComplete);
  }
}

/**
 * The error to throw when the server refused what was sent of a file, naming the statement. The server tells a place only for some
 * errors; then the grammar splits the file, and the first statement that was not completed is the one.
 */
export async function failedStatement(
  file: MigrationFile,
  sent: RunnableStatement,
  completed: number,
  cause: unknown,
): Promise<MigrationError> {
  const parts = await partsOf(file);
  const first = sent.text === file.text ? 0 : parts.findIndex(({ line }) => line === sent.line);
  const failed = parts[Math.max(0, first) + completed] ?? sent;
  const line = lineOfPosition(sent, cause) ?? failed.line;
  const place = { file: `${file.id}.sql`, line, statement: shortened(failed.text) };
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint = cause instanceof Error && "hint" in cause && cause.hint ? ` (${cause.hint})` : "";
  return new MigrationError("statement-failed", `${place.file}, line ${line}: ${reason}${hint}`, { cause, place });
}

/** Empty when the grammar does not take the file; then the server named the place. */
async function partsOf(file: MigrationFile): Promise<RunnableStatement[]> {
  try {
    return (await classifyInThread([file])).flatMap(({ statements }) => statements);
  } catch (error) {
    if (error instanceof MigrationError) return [];
    throw error;
  }
}

/** PostgreSQL tells the place as a character of what was sent. */
function lineOfPosition(sent: RunnableStatement, cause: unknown): number | undefined {
  const position = cause instanceof Error && "position" in cause ? Number(cause.position) : Number.NaN;
  if (!(position > 0)) return undefined;
  return sent.line + sent.text.slice(0, position - 1).split("\n").length - 1;
}

function shortened(text: string): string {
  return text.length <= STATEMENT_SHOWN_MAX_CHARS ? text : `${text.slice(0, STATEMENT_SHOWN_MAX_CHARS)} …`;
}
